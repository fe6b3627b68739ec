"""Shopify: the body is the resource, everything about the delivery is in headers.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider
from devkit.webhooks.providers.shopify_topics import TOPICS
from devkit.webhooks.providers.shopify_totals import follow_lines
from devkit.webhooks.providers.shopify_variety import varied
from devkit.webhooks.providers.variety import ORDER_IDS, order_number, variety
from devkit.webhooks.renewal import Renewal, objects, rewrite, shift_times
from devkit.webhooks.spelling import SPELLINGS

__all__ = ["SHOPIFY"]

API_VERSION = "2026-10"
SHOP = "example-dev.myshopify.com"

# What the shop has anyway: an order's customer and products are there before it.
_STANDING = frozenset({"customer", "shop"})
_STANDING_SUBJECTS = frozenset({"app", "shop", "inventory_levels"})
# Whatever else a payload names by its id alone is as new as the payload is.
_REFERENCES = frozenset(
    {"order_id", "line_item_id", "fulfillment_id", "refund_id", "checkout_id", "parent_id"}
)
_REFERENCE_LISTS = frozenset({"orders_requested", "orders_to_redact"})
_OF_PRODUCTS = frozenset({"inventory_item_id"})
_TOKENS = frozenset({"token", "cart_token", "checkout_token"})
_ORDER_NAME = re.compile(r"#(D?)\d{1,6}(?=\.|$)")


def _headers(topic: str, moment: GenerationContext) -> Mapping[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": str(_uuid(topic, moment)),
        "X-Shopify-Event-Id": str(_uuid(topic, moment)),
        "X-Shopify-Triggered-At": moment.now.strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        "User-Agent": "Shopify-Captain-Hook",
    }


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    """What the topic is about, and what comes into being with it, gets new ids; the shop, its app, the customer of an order and
    the products in it stay, unless they are varied. The same seed means the same order in whatever topic."""
    subject = topic.partition("/")[0]
    renewal = Renewal(moment)
    if subject in _STANDING_SUBJECTS:
        return _checked(shift_times(payload, moment.now, _STANDING))
    references = _REFERENCES | (_OF_PRODUCTS if subject in ("products", "inventory_items") else frozenset())
    ids = {old: renewal.number(old, *ORDER_IDS) for old in _ids(payload, references)}
    tokens = {old: renewal.digits(old) for old in _tokens(payload)}
    fresh = rewrite(payload, ids, tokens)
    _number(fresh, renewal.number("order number", 1001, 99_999))
    if moment.varied:
        fresh = varied(topic, fresh, variety(order_number(moment, renewal)))
    return _checked(shift_times(fresh, moment.now, _STANDING))


def _checked(tree: Any) -> Payload:
    return {str(key): value for key, value in tree.items()}


def _ids(payload: Payload, references: frozenset[str]) -> set[int]:
    found: set[int] = set()
    for item in objects(payload, _STANDING):
        item_id = item.get("id")
        # A line of a cart is called by its variant.
        if item_id not in (item.get("variant_id"), item.get("product_id")):
            found.add(_whole(item_id))
        if item_id is None:
            found.add(_whole(_of_gid(item)))
        found |= {_whole(item.get(key)) for key in references}
        found |= {_whole(each) for key in _REFERENCE_LISTS for each in _list(item.get(key))}
    return found - {0}


def _whole(value: object) -> int:
    """An id that is long enough to be one; else 0."""
    return value if type(value) is int and value >= 2**53 else 0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _of_gid(item: Mapping[str, object]) -> int:
    name = str(item.get("admin_graphql_api_id", "")).rpartition("/")[2]
    return int(name) if name.isdecimal() and "variant" not in item else 0


def _tokens(payload: Payload) -> set[str]:
    values = [item.get(key) for item in objects(payload) for key in _TOKENS]
    return {value for value in values if isinstance(value, str) and value}


def _number(fresh: Any, number: int) -> None:
    """The order's number, in its own name and in those that are made from it (`#1001.1`)."""
    for item in objects(fresh, _STANDING):
        if type(item.get("order_number")) is int:
            item["order_number"], item["number"] = number, number - 1000
        for key in ("name", "payment_id"):
            if isinstance(item.get(key), str):
                item[key] = _ORDER_NAME.sub(
                    lambda found: f"#D{number - 1000}" if found[1] else f"#{number}", item[key]
                )


def _follow(before: Payload, after: Payload) -> Payload:
    """An id that was set is followed by whatever else names the thing: `admin_graphql_api_id`, the `order_id` of its refunds;
    the lines of an order by its totals."""
    after = follow_lines(before, after)
    known = {_whole(item.get("id")) for item in objects(before)}
    ids = {old: new for old, new in _changed(before, after) if new not in known}
    return _checked(rewrite(after, ids, {})) if ids else after


def _changed(before: Any, after: Any) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            old, new = before[key], after[key]
            if (key == "id" or key.endswith("_id")) and _whole(old) and type(new) is int and old != new:
                pairs.append((old, new))
            pairs += _changed(old, new)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            pairs += _changed(old, new)
    return pairs


def _uuid(topic: str, moment: GenerationContext) -> UUID:
    """The same seed is the same order in another topic, but never the same webhook."""
    return UUID(int=Random(f"{moment.random.getrandbits(128)}/{topic}").getrandbits(128), version=4)


def _plain(name: str) -> str:
    return name.lower().removeprefix("x-") if name.lower().startswith("x-shopify-") else name


SHOPIFY = Provider(
    "shopify",
    scheme("shopify"),
    _headers,
    _freshen,
    lambda headers, _: headers.get("x-shopify-topic") or headers.get("shopify-topic", ""),
    topics=TOPICS,
    timeout=5.0,
    # Eight further tries within four hours; Shopify does not say at which times.
    retries=(10, 30, 90, 300, 900, 1800, 4000, 7270),
    header_styles={"plain": _plain},
    spelling=SPELLINGS["html-safe"],
    follow=_follow,
)
