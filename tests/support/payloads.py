"""What a provider's payload must be to be believed: its money, ids, times and totals agree with each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.support.shopify_payloads import of_topic
from tests.support.trees import Path, objects, same, shown, total, values

__all__ = ["problems"]

_MONEY_KEY = re.compile(r"(.*_)?(price|amount|subtotal|cost|tax|total_discounts|outstanding|tip_received)")
_MONEY = re.compile(r"\d+\.\d\d")
_NOT_MONEY = frozenset({"tax_shipping", "has_discounts"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_OTHER_NUMBERS = frozenset({"app_id", "api_client_id"})


def problems(provider: str, topic: str, payload: dict[str, Any]) -> list[str]:
    """What does not agree; nothing when all does."""
    found = [f"{shown(path)}: an address of somebody" for path in _strangers(payload)]
    if provider == "shopify":
        found += [problem for check in (_money, _sets, _ids, _times) for problem in check(payload)]
        found += list(of_topic(topic, payload))
    elif provider == "sendcloud":
        found += list(_sendcloud(topic, payload))
    else:
        found += list(_simplyprint(topic, payload))
    return found


def _strangers(payload: dict[str, Any]) -> Iterator[Path]:
    for path, value in values(payload):
        if isinstance(value, str) and any(
            not host.endswith("example.com") for host in re.findall(r"[\w.+-]+@([\w.-]+)", value)
        ):
            yield path


def _money(payload: dict[str, Any]) -> Iterator[str]:
    for path, item in objects(payload):
        for key, value in item.items():
            if not _MONEY_KEY.fullmatch(key) or key in _NOT_MONEY or value is None:
                continue
            if not (isinstance(value, str) and _MONEY.fullmatch(value)):
                yield f"{shown((*path, key))}: {value!r} is not an amount"


def _sets(payload: dict[str, Any]) -> Iterator[str]:
    for path, item in objects(payload):
        for key, value in item.items():
            if not key.endswith("_set") or value is None:
                continue
            if value["shop_money"] != value["presentment_money"]:
                yield f"{shown((*path, key))}: two currencies"
            plain = item.get(key.removesuffix("_set"))
            if plain is not None and plain != value["shop_money"]["amount"]:
                yield f"{shown((*path, key))}: {value['shop_money']['amount']}, but {plain}"


def _ids(payload: dict[str, Any]) -> Iterator[str]:
    for path, item in objects(payload):
        for key, value in item.items():
            named = (key == "id" or key.endswith("_id")) and key not in _OTHER_NUMBERS
            if named and type(value) is int and value <= 2**53:
                yield f"{shown((*path, key))}: {value} fits a JavaScript number"
        name, own = item.get("admin_graphql_api_id"), item.get("id")
        if name is not None and own is not None and not str(name).endswith(f"/{own}"):
            yield f"{shown(path)}: {own}, but {name}"


def _times(payload: dict[str, Any]) -> Iterator[str]:
    for path, item in objects(payload):
        for key, value in item.items():
            if key.endswith("_at") and value is not None and not _TIME.fullmatch(str(value)):
                yield f"{shown((*path, key))}: {value!r} is not a time with an offset"
        order = [item[key] for key in ("created_at", "updated_at") if _TIME.fullmatch(str(item.get(key)))]
        if order != sorted(order, key=datetime.fromisoformat):
            yield f"{shown(path)}: updated before it was created"


def _sendcloud(topic: str, payload: dict[str, Any]) -> Iterator[str]:
    if payload["action"] != topic.partition("/")[0]:
        yield f"the action is {payload['action']}"
    if not 10**12 < payload["timestamp"] < 10**13:
        yield f"{payload['timestamp']} are no milliseconds"
    parcel = payload.get("parcel")
    if parcel is None:
        return
    if parcel["tracking_number"] not in parcel["tracking_url"]:
        yield "tracking_url"
    worth = total(str(Decimal(item["value"]) * item["quantity"]) for item in parcel["parcel_items"])
    if not worth <= Decimal(parcel["total_order_value"]):
        yield f"total_order_value: {parcel['total_order_value']}"
    weight = total(str(Decimal(item["weight"]) * item["quantity"]) for item in parcel["parcel_items"])
    yield from same("weight", parcel["weight"], weight)
    times = [parcel[key] for key in ("date_created", "date_announced", "date_updated") if parcel[key]]
    if times != sorted(times):
        yield "announced before it was made"
    for path, value in values(parcel):
        of_panel = isinstance(value, str) and re.search(r"/(parcels|label_printer|normal_printer)/", value)
        if of_panel and not re.search(rf"/{parcel['id']}\b", value):
            yield f"{shown(path)} is another parcel's"


def _simplyprint(topic: str, payload: dict[str, Any]) -> Iterator[str]:
    if payload["event"] != topic:
        yield f"the event is {payload['event']}"
    if not 10**9 < payload["timestamp"] < 10**10:
        yield f"{payload['timestamp']} are no seconds"
    job = payload["data"].get("job")
    if job is None:
        return
    if not job["panel_url"].endswith(f"/{job['uid']}"):
        yield "panel_url"
    if not job["started"] <= (job["ended"] or payload["timestamp"]) <= payload["timestamp"]:
        yield "it ended before it began"
    if (job["ended"] is None) == (job["state"] in ("done", "failed", "cancelled")):
        yield f"{job['state']}, and ended at {job['ended']}"
    if datetime.fromtimestamp(payload["timestamp"], UTC).year < 2026:
        yield "long ago"
