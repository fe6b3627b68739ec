"""The parts of a Shopify order that the platform reads. One odd field spoils no other: what cannot be read is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from common.lenient import UNREADABLE, Count, Flag, Identifier, Moment, Money, NotUnderstood, Object, Text
from common.messages import ShippingAddress
from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr, model_validator

__all__ = ["LineItem", "Objects", "ShopifyOrder", "baseplate_size", "order_id"]

_PARTS = {"total": "total_price", "lines": "line_items"}
_BASEPLATE = re.compile(r"GF-([1-9]\d{0,3})x([1-9]\d{0,3})", re.IGNORECASE)


def order_id(payload: dict[str, Any], field: str = "id") -> str:
    """The order's id, all that a cancellation needs. Raises NotUnderstood when there is none."""
    wanted = _Id.model_validate(
        {"id": payload.get(field), "admin_graphql_api_id": payload.get("admin_graphql_api_id")}
    )
    found = wanted.id or (wanted.admin_graphql_api_id if field == "id" else None)
    if found is None:
        raise NotUnderstood(f"no order's id: {field} is missing or no number")
    return found


class _Id(BaseModel):
    id: Identifier = None
    admin_graphql_api_id: Identifier = None


def _objects(value: object) -> list[Any]:
    """The objects of a list; what is none stays, as one without a quantity that can be read."""
    if value is None:
        return []
    each = value if isinstance(value, list) else [value]
    return [item if isinstance(item, dict) else {"quantity": ""} for item in each]


Objects = BeforeValidator(_objects)
"""For a list of nested models."""


class _Share(BaseModel):
    """A part of a line: refunded (`line_item_id`), or fulfilled (`id`)."""

    id: Identifier = None
    line_item_id: Identifier = None
    quantity: Count = None

    @property
    def pieces(self) -> int:
        return max(self.quantity or 0, 0)


class _Refund(BaseModel):
    refund_line_items: Annotated[list[_Share], Objects] = Field(default_factory=list)


class _Fulfillment(BaseModel):
    status: Text = None
    line_items: Annotated[list[_Share], Objects] = Field(default_factory=list)


class LineItem(BaseModel):
    """A line of the order. What was refunded and fulfilled of it is counted from the order's refunds and fulfilments."""

    id: Identifier = None
    title: Text = None
    name: Text = None
    sku: Text = None
    quantity: Count = None
    current_quantity: Count = None
    fulfillable_quantity: Count = None
    fulfillment_status: Text = None
    gift_card: Flag = None
    requires_shipping: Flag = None
    _refunded: int = PrivateAttr(0)
    _fulfilled: int = PrivateAttr(0)

    def give_back(self, pieces: int) -> None:
        """So many were refunded."""
        self._refunded += pieces

    def send(self, pieces: int) -> None:
        """So many were fulfilled."""
        self._fulfilled += pieces

    @property
    def called(self) -> str:
        """What to call it."""
        return self.title or self.name or self.sku or "untitled"

    @property
    def unreadable(self) -> str | None:
        """What of it cannot be read; None when all can."""
        if UNREADABLE in (self.quantity, self.current_quantity, self.fulfillable_quantity):
            return "its quantity is no number of pieces"
        if self.quantity is None and self.current_quantity is None:
            return "it has no quantity"
        return None

    @property
    def not_a_print(self) -> str | None:
        """Why it is nothing to print; None for a print."""
        if self.gift_card:
            return "a gift card"
        if not self.sku:
            return "a tip" if (self.title or "").lower() == "tip" else "no SKU"
        if self.requires_shipping is False:
            return "needs no shipping"
        return None

    @property
    def ordered(self) -> int:
        """Pieces that the customer still wants, shipped ones included."""
        if self.current_quantity is not None:
            return self.current_quantity
        return max((self.quantity or 0) - self._refunded, 0)

    @property
    def left(self) -> int:
        """Pieces of these that nobody has fulfilled."""
        if self.fulfillment_status in ("fulfilled", "restocked"):
            return 0
        if self.fulfillable_quantity is not None:
            return min(self.ordered, self.fulfillable_quantity)
        return max(self.ordered - self._fulfilled, 0)


class _Address(BaseModel):
    name: Text = None
    first_name: Text = None
    last_name: Text = None
    address1: Text = None
    address2: Text = None
    city: Text = None
    zip: Text = None
    country_code: Text = None
    phone: Text = None


class _Customer(BaseModel):
    id: Identifier = None
    first_name: Text = None
    last_name: Text = None
    email: Text = None


class ShopifyOrder(BaseModel):
    """The body of the order webhooks."""

    id: str
    name: Text = None
    order_number: Text = None
    email: Text = None
    contact_email: Text = None
    currency: Text = None
    total_price: Money = None
    financial_status: Text = None
    fulfillment_status: Text = None
    updated_at: Moment = None
    cancelled_at: Text = None
    closed_at: Text = None
    customer: Annotated[_Customer, Object] = Field(default_factory=_Customer)
    shipping_address: Annotated[_Address, Object] = Field(default_factory=_Address)
    line_items: Annotated[list[LineItem], Objects] = Field(default_factory=list)
    refunds: Annotated[list[_Refund], Objects] = Field(default_factory=list)
    fulfillments: Annotated[list[_Fulfillment], Objects] = Field(default_factory=list)
    has_total: bool
    has_lines: bool

    @classmethod
    def read(cls, payload: dict[str, Any]) -> ShopifyOrder:
        """The order in a webhook's body. Raises NotUnderstood when it has no id."""
        has = {f"has_{what}": payload.get(field) is not None for what, field in _PARTS.items()}
        return cls.model_validate({**payload, "id": order_id(payload), **has})

    @model_validator(mode="after")
    def _count_shares(self) -> ShopifyOrder:
        lines = {line.id: line for line in self.line_items if line.id}
        for refund in self.refunds:
            for share in refund.refund_line_items:
                if share.line_item_id in lines:
                    lines[share.line_item_id].give_back(share.pieces)
        for fulfillment in self.fulfillments:
            if fulfillment.status in ("cancelled", "error", "failure"):
                continue
            for share in fulfillment.line_items:
                if share.id in lines:
                    lines[share.id].send(share.pieces)
        if self.fulfillment_status in ("fulfilled", "restocked"):
            for line in self.line_items:
                line.fulfillment_status = self.fulfillment_status
        return self

    @property
    def number(self) -> str:
        """What people call the order: `#1001`."""
        return self.name or f"#{self.order_number or self.id}"

    @property
    def total(self) -> Decimal:
        """The order's total; 0 where there is none."""
        return self.total_price or Decimal(0)

    @property
    def customer_name(self) -> str:
        """The customer's name, or the one on the parcel, or a dash."""
        named = " ".join(filter(None, (self.customer.first_name, self.customer.last_name)))
        return named or self.ship_to.name or "-"

    @property
    def customer_email(self) -> str:
        """The first e-mail address that the order has, or nothing."""
        return self.email or self.contact_email or self.customer.email or ""

    @property
    def ship_to(self) -> ShippingAddress:
        """Where the parcel goes; fields that Shopify left out are empty."""
        where = self.shipping_address
        name = where.name or " ".join(filter(None, (where.first_name, where.last_name)))
        return ShippingAddress(
            name=name,
            address=where.address1 or "",
            house_number=where.address2 or "",
            city=where.city or "",
            postal_code=where.zip or "",
            country=(where.country_code or "").upper(),
            telephone=where.phone or "",
            email=self.email or self.contact_email or "",
        )

    @property
    def unreadable(self) -> str | None:
        """The first thing that cannot be read of what decides what is printed and shipped; None when all can."""
        return next(self._unreadable(), None)

    def _unreadable(self) -> Iterator[str]:
        for position, line in enumerate(self.line_items, 1):
            if line.unreadable:
                yield f"line {position} cannot be read: {line.unreadable}"
        if self.has_total and self.total_price is None:
            yield "its total cannot be read"


def baseplate_size(sku: str) -> tuple[int, int] | None:
    """Columns and rows of a baseplate's SKU: `GF-4x3` → `(4, 3)`. None for any other SKU."""
    match = _BASEPLATE.fullmatch(sku.strip())
    return (int(match[1]), int(match[2])) if match else None
