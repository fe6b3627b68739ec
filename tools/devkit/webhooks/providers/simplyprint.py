"""SimplyPrint: an envelope `{webhook_id, event, timestamp, data}` and a shared secret in a header.

https://apidocs.simplyprint.io/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider
from devkit.webhooks.providers.simplyprint_events import EVENTS
from devkit.webhooks.providers.variety import order_number, variety
from devkit.webhooks.renewal import Renewal, rewrite

__all__ = ["SIMPLYPRINT"]


def _headers(_topic: str, _moment: GenerationContext) -> Mapping[str, str]:
    return {"User-Agent": "SimplyPrint-Webhook"}


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    """A new job, the same one for the same seed, that ends now or began now (in seconds). The printer, who prints, and the
    subscription (`webhook_id`) stay."""
    fresh: dict[str, Any] = {**payload, "event": topic, "timestamp": int(moment.now.timestamp())}
    data = payload.get("data")
    job = data.get("job") if isinstance(data, dict) else None
    if isinstance(data, dict) and isinstance(job, dict):
        fresh["data"] = {**data, "job": _new(job, moment)}
    return fresh


def _new(job: dict[str, Any], moment: GenerationContext) -> dict[str, Any]:
    renewal = Renewal(moment)
    uid = job.get("uid")
    fresh: dict[str, Any] = dict(job)
    if isinstance(uid, str) and uid:
        fresh = rewrite(fresh, {}, {uid: str(renewal.uuid(uid))})
    if type(job.get("id")) is int:
        # Far from the small numbers that real jobs have here: a webhook may come before its job, and is then waited with.
        fresh["id"] = renewal.number(job["id"], 1_000_000, 99_999_999)
    name = job.get("name")
    if moment.varied and isinstance(name, str):
        sku, dot, ending = name.partition(".")
        fresh["name"] = f"{variety(order_number(moment, renewal)).good(sku).sku}{dot}{ending}"
    times = [job[key] for key in ("started", "ended") if type(job.get(key)) is int]
    by = int(moment.now.timestamp()) - max(times, default=0)
    return fresh | {key: job[key] + by for key in ("started", "ended") if type(job.get(key)) is int}


SIMPLYPRINT = Provider(
    "simplyprint",
    scheme("simplyprint"),
    _headers,
    _freshen,
    lambda _, payload: str(payload.get("event", "")),
    topics=EVENTS,
    # SimplyPrint documents neither how long it waits nor whether it tries again: a modest guess.
    timeout=10.0,
    retries=(60, 300, 1800),
    misnamed={
        "job.status_changed": "an event for each state: job.started, job.paused, job.done, job.failed …"
    },
)
