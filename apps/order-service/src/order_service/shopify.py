"""The parts of a Shopify order that the platform reads."""

from __future__ import annotations

import re
from decimal import Decimal

from common.messages import ShippingAddress
from pydantic import BaseModel, Field

__all__ = ["LineItem", "ShopifyOrder", "baseplate_size"]

_BASEPLATE = re.compile(r"GF-([1-9]\d{0,3})x([1-9]\d{0,3})", re.IGNORECASE)


class LineItem(BaseModel):
    """A line of the order."""

    title: str | None = None
    name: str | None = None
    sku: str | None = None
    quantity: int = Field(default=1, ge=1)


class _Address(BaseModel):
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None


class _Customer(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class ShopifyOrder(BaseModel):
    """The body of the order webhooks. Ids exceed 2^53, so they are kept as text."""

    id: int
    name: str | None = None
    order_number: int | None = None
    email: str | None = None
    contact_email: str | None = None
    currency: str = "EUR"
    total_price: Decimal = Decimal(0)
    customer: _Customer | None = None
    shipping_address: _Address | None = None
    line_items: list[LineItem] = Field(default_factory=list)

    @property
    def number(self) -> str:
        """What people call the order: `#1001`."""
        return self.name or f"#{self.order_number or self.id}"

    @property
    def customer_name(self) -> str:
        """The customer's name, or the one on the parcel, or a dash."""
        person = self.customer
        named = " ".join(filter(None, (person.first_name, person.last_name))) if person else ""
        return named or self.ship_to.name or "-"

    @property
    def customer_email(self) -> str:
        """The first e-mail address that the order has, or nothing."""
        return self.email or self.contact_email or (self.customer.email if self.customer else "") or ""

    @property
    def ship_to(self) -> ShippingAddress:
        """Where the parcel goes; fields that Shopify left out are empty."""
        where = self.shipping_address or _Address()
        name = where.name or " ".join(filter(None, (where.first_name, where.last_name)))
        return ShippingAddress(
            name=name,
            address=where.address1 or "",
            house_number=where.address2 or "",
            city=where.city or "",
            postal_code=where.zip or "",
            country=where.country_code or "",
            telephone=where.phone or "",
            email=self.email or self.contact_email or "",
        )


def baseplate_size(sku: str) -> tuple[int, int] | None:
    """Columns and rows of a baseplate's SKU: `GF-4x3` → `(4, 3)`. None for any other SKU."""
    match = _BASEPLATE.fullmatch(sku.strip())
    return (int(match[1]), int(match[2])) if match else None
