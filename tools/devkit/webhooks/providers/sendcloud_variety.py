"""Sendcloud's parcel as that of another order: who it goes to, where, and what is in it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from devkit.webhooks.provider import GenerationContext
from devkit.webhooks.providers.variety import ORDER_IDS, Variety, order_number, variety
from devkit.webhooks.renewal import Renewal

__all__ = ["varied"]

_AMOUNT = re.compile(r"\d+\.\d\d")


def varied(parcel: dict[str, Any], moment: GenerationContext, renewal: Renewal) -> dict[str, Any]:
    """The parcel of the order that the seed is about at the shop, too."""
    number = order_number(moment, renewal)
    about = variety(number)
    person, country = about.person, about.country
    told = {
        "name": person.name, "email": person.email, "telephone": person.phone, "city": person.city,
        "address": f"{person.street} {person.house_number}", "house_number": person.house_number,
        "postal_code": person.zip, "order_number": f"#{number}", "total_order_value_currency": country.currency,
    }  # fmt: skip
    fresh = parcel | {key: value for key, value in told.items() if isinstance(parcel.get(key), str)}
    if isinstance(fresh.get("country"), dict):
        fresh["country"] = fresh["country"] | {
            "iso_2": country.code, "iso_3": country.iso_3, "name": country.name
        }  # fmt: skip
    if isinstance(fresh.get("address_divided"), dict):
        fresh["address_divided"] = {"street": person.street, "house_number": person.house_number}
    if "to_state" in fresh and country.province:
        fresh["to_state"] = country.province[1]
    old = fresh.get("external_order_id")
    if isinstance(old, str) and old:
        fresh["external_order_id"] = str(renewal.number(old, *ORDER_IDS))
    fresh["total_order_value"] = _times(fresh.get("total_order_value"), about)
    if isinstance(fresh.get("parcel_items"), list):
        fresh["parcel_items"] = [_item(item, about) for item in fresh["parcel_items"]]
    return {key: value for key, value in fresh.items() if key in parcel}


def _item(item: Any, about: Variety) -> Any:
    sku = item.get("sku") if isinstance(item, dict) else None
    if not isinstance(sku, str):
        return item
    good = about.good(sku)
    told = {
        "sku": good.sku, "description": good.title, "value": _times(item.get("value"), about),
        "product_id": _product(item.get("product_id"), sku, about),
    }  # fmt: skip
    return item | {key: value for key, value in told.items() if key in item}


def _product(old: object, sku: str, about: Variety) -> object:
    return str(about.good_id(old, sku)) if isinstance(old, str) and old else old


def _times(value: object, about: Variety) -> object:
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return f"{Decimal(value) * about.factor:.2f}"
    return value
