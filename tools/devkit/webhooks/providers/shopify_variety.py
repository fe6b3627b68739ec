"""An example of Shopify's as another order: another customer, country, currency and basket, and sums that agree as before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from devkit.webhooks.providers.variety import Good, Variety
from devkit.webhooks.renewal import objects, rewrite

__all__ = ["varied"]

_SUBJECTS = frozenset(
    {
        "carts", "checkouts", "customers", "draft_orders", "fulfillments", "inventory_items", "order_transactions",
        "orders", "products", "refunds",
    }
)  # fmt: skip
# A product that comes into being has ids of its own, which `products/delete` has to name without knowing its SKU.
_OF_PRODUCTS = frozenset({"products", "inventory_items"})
_AMOUNT = re.compile(r"-?\d+\.\d\d")
_CURRENCIES = frozenset({"currency", "currency_code", "presentment_currency"})
_TITLES = frozenset({"title", "name", "presentment_title", "alt"})
_NO_TITLE = "Default Title"


def varied(topic: str, payload: Any, variety: Variety) -> Any:
    """The payload as one of the order, the customer or the product that `variety` tells of."""
    subject = topic.partition("/")[0]
    if subject not in _SUBJECTS:
        return payload
    goods = dict(_goods(payload))
    if subject not in _OF_PRODUCTS:
        payload = rewrite(payload, dict(_ids(payload, variety)), {})
    titles = {title: variety.good(sku) for sku, title in goods.items() if title}
    # Where prices are without tax, the tax is a part of the sum and cannot be left out.
    net = any(item.get("taxes_included") is False for item in objects(payload))
    told = _Retold(variety, titles, 0 if not variety.country.taxed and not net else variety.factor)
    payload = told.walk(payload)
    if subject == "customers" and isinstance(payload, dict):
        told.person(payload)
    if subject == "products" and isinstance(payload, dict):
        told.product(payload)
    return payload


def _goods(payload: Any) -> Iterator[tuple[str, str]]:
    """SKU → title."""
    for item in objects(payload):
        sku, title = item.get("sku"), item.get("title")
        if isinstance(sku, str) and sku:
            outer = payload.get("title")
            own = title if title != _NO_TITLE else outer
            yield sku, own if isinstance(own, str) else ""


def _ids(payload: Any, variety: Variety) -> Iterator[tuple[int, int]]:
    for item in objects(payload):
        customer, sku = item.get("customer"), item.get("sku")
        if isinstance(customer, dict):
            for old in (customer.get("id"), _dict(customer.get("default_address")).get("id")):
                if type(old) is int:
                    yield old, variety.person_id(old)
        if isinstance(sku, str) and sku:
            for old in (item.get("product_id"), item.get("variant_id")):
                if type(old) is int:
                    yield old, variety.good_id(old, sku)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _slug(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.lower().replace("×", "x")))


class _Retold:
    """Walks a payload and tells it anew."""

    def __init__(self, variety: Variety, titles: dict[str, Good], tax_factor: int) -> None:
        self._variety, self._titles, self._tax_factor = variety, titles, tax_factor

    def walk(self, value: Any, key: str = "", *, tax: bool = False) -> Any:
        if isinstance(value, list):
            return [self.walk(each, key, tax=tax) for each in value]
        if isinstance(value, dict):
            told = {
                each: self.walk(inner, each, tax=tax or "tax" in each.lower())
                for each, inner in value.items()
            }
            return self._object(told, key, tax=tax)
        return self._text(value, key, tax=tax) if isinstance(value, str) else value

    def _text(self, value: str, key: str, *, tax: bool) -> str:
        person, country = self._variety.person, self._variety.country
        if _AMOUNT.fullmatch(value):
            factor = self._tax_factor if tax else self._variety.factor
            return f"{Decimal(value) * factor + 0:.2f}"  # + 0: no tax at all is not -0.00
        if key in _CURRENCIES:
            return country.currency
        if key in ("email", "contact_email"):
            return person.email
        if key == "credit_card_name":
            return person.name
        if key == "customer_locale":
            return f"{country.language}-{country.code}"
        if key == "sku" and value:
            return self._variety.good(value).sku
        if key in _TITLES and value in self._titles:
            return self._titles[value].title
        if key in ("note", "staff_note"):
            return re.sub(r"\bbin\b", "piece", value)  # what the examples' notes are about
        return value

    def _object(self, told: dict[str, Any], key: str, *, tax: bool) -> dict[str, Any]:
        if tax and "rate" in told and isinstance(told.get("title"), str):
            country = self._variety.country
            told["title"] = re.sub(r"^[A-Z]{2}(?= VAT$)", country.code, told["title"])
            if not self._tax_factor:
                told["rate"] = 0.0
        if "address1" in told and "country_code" in told:
            self._address(told)
        elif key == "customer":
            self.person(told)
        return told

    def _address(self, told: dict[str, Any]) -> None:
        person, country = self._variety.person, self._variety.country
        province, province_code = country.province or (None, None)
        self.person(told)
        told |= {
            name: value
            for name, value in {
                "name": person.name, "address1": person.street, "address2": person.house_number, "city": person.city,
                "zip": person.zip, "country": country.name, "country_code": country.code, "country_name": country.name,
                "province": province, "province_code": province_code,
            }.items()
            if name in told
        }  # fmt: skip

    def person(self, told: dict[str, Any]) -> None:
        """The names and the telephone of a customer, as far as the payload tells them."""
        person = self._variety.person
        for name, value in (
            ("first_name", person.first_name), ("last_name", person.last_name), ("phone", person.phone)
        ):  # fmt: skip
            if isinstance(told.get(name), str):
                told[name] = value

    def product(self, told: dict[str, Any]) -> None:
        """What a product tells of itself beside its title."""
        for old, good in self._titles.items():
            for item in objects(told):
                for name in ("src", "handle"):
                    if isinstance(item.get(name), str):
                        item[name] = item[name].replace(_slug(old), _slug(good.title))
            for name, value in (
                ("body_html", f"<p>{good.title}, printed to order.</p>"),
                ("product_type", good.kind.capitalize()), ("tags", f"{good.kind}, printed"),
            ):  # fmt: skip
                if isinstance(told.get(name), str):
                    told[name] = value
