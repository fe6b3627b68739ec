"""Sendcloud: an envelope `{action, timestamp, parcel}` with a hexadecimal HMAC of the body.

https://api.sendcloud.dev/docs/sendcloud-public-api/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider
from devkit.webhooks.providers.sendcloud_statuses import STATUSES, Status
from devkit.webhooks.providers.sendcloud_variety import varied
from devkit.webhooks.renewal import Renewal, rewrite, shift_times

__all__ = ["SENDCLOUD"]

_PARCEL = "parcel_status_changed"
_ACTIONS = (_PARCEL, "integration_connected", "integration_updated", "integration_deleted")
# Before announcement a parcel has none of these.
_OF_A_LABEL: dict[str, object] = {
    "tracking_number": "",
    "tracking_url": "",
    "label": None,
    "documents": [],
    "date_announced": None,
}


def _headers(_topic: str, _moment: GenerationContext) -> Mapping[str, str]:
    return {"User-Agent": "Sendcloud Webhooks"}


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    """A new parcel, the same one for the same seed, in the status that `parcel_status_changed/<status>` names, now (in
    milliseconds); its other times end now. An integration stays the one that the payload names."""
    action, _, name = topic.partition("/")
    now = int(moment.now.timestamp() * 1000)
    fresh: dict[str, Any] = {**payload, "action": action, "timestamp": now}
    if fresh.get("carrier_status_change_timestamp") is not None:
        fresh["carrier_status_change_timestamp"] = now
    parcel = payload.get("parcel")
    if isinstance(parcel, dict):
        status, new = STATUSES.get(name), _new(parcel, moment)
        fresh["parcel"] = _in(status, new) if status else new
        if status and not status.carried:
            fresh["carrier_status_change_timestamp"] = None
    moved: dict[str, Any] = shift_times(fresh, moment.now)
    return moved


def _new(parcel: dict[str, Any], moment: GenerationContext) -> dict[str, Any]:
    """A parcel with an id, a tracking number and references of its own."""
    renewal = Renewal(moment)
    tokens = {
        value: str(renewal.uuid(value))
        for key in ("shipment_uuid", "colli_uuid", "external_reference")
        if isinstance(value := parcel.get(key), str) and value
    }
    tracking = parcel.get("tracking_number")
    if isinstance(tracking, str) and tracking:
        tokens[tracking] = f"{tracking[:6]}{renewal.digits(tracking[6:], '0123456789')}"
    old = parcel.get("id")
    fresh: dict[str, Any] = rewrite(parcel, {}, tokens)
    if type(old) is int:
        number = renewal.number(old, 100_000_000, 999_999_999)
        fresh = _renamed(fresh, old, number)
    return varied(fresh, moment, renewal) if moment.varied else fresh


def _renamed(parcel: dict[str, Any], old: int, number: int) -> dict[str, Any]:
    """The parcel under another id, also in the addresses of its label."""
    fresh: dict[str, Any] = rewrite(parcel, {}, {f"/{old}": f"/{number}"})
    return {**fresh, "id": number}


def _in(status: Status, parcel: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {**parcel, "status": {"id": status.id, "message": status.message}}
    if not status.labelled:
        shown |= {key: value for key, value in _OF_A_LABEL.items() if key in parcel}
    return shown


def _follow(before: Payload, after: Payload) -> Payload:
    """Of a status' id and its message, the one that was not changed follows the other."""
    was, now = _status(before), _status(after)
    number, message = now.get("id"), now.get("message")
    renumbered, reworded = number != was.get("id"), message != was.get("message")
    for status in STATUSES.values():
        if renumbered and not reworded and status.id == number:
            now["message"] = status.message
        elif reworded and not renumbered and status.message == message:
            now["id"] = status.id
    return after


def _status(payload: Payload) -> dict[Any, Any]:
    parcel = payload.get("parcel")
    status = parcel.get("status") if isinstance(parcel, dict) else None
    return status if isinstance(status, dict) else {}


SENDCLOUD = Provider(
    "sendcloud",
    scheme("sendcloud"),
    _headers,
    _freshen,
    lambda _, payload: str(payload.get("action", "")),
    topics=(*_ACTIONS, *(f"{_PARCEL}/{name}" for name in STATUSES)),
    # Sendcloud documents neither how long it waits nor whether it tries again: a modest guess.
    timeout=10.0,
    retries=(60, 300, 1800),
    follow=_follow,
)
