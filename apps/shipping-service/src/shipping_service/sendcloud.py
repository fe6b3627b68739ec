"""Sendcloud's API (version 2): parcels, and what their status codes mean."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from common.lenient import Object, Required, Text
from common.messages import CreateParcel
from common.providers import Client, ProviderRefused, call
from pydantic import BaseModel, Field, ValidationError

__all__ = ["Announced", "Sendcloud", "meaning"]

_LONGEST_HOUSE_NUMBER = 20
_EN_ROUTE = (3, 4, 5, 6, 7, 22, 91, 92, 62989, 62990, 62993, 62994, 62995)
_MEANING = {
    **dict.fromkeys((1, 13, 999, 1000, 1001), "announced"),
    **dict.fromkeys(_EN_ROUTE, "en_route"),
    **dict.fromkeys((11, 93), "delivered"),
    **dict.fromkeys((8, 12), "awaiting_pickup"),
    **dict.fromkeys((80, 1002, 62991, 62992, 62996), "failed"),
    **dict.fromkeys((1998, 1999, 2000, 2001), "cancelled"),
}


def meaning(code: int | None) -> str | None:
    """The parcel's state for a Sendcloud status id; None for one that says nothing about it."""
    return None if code is None else _MEANING.get(code)


class _Status(BaseModel):
    id: int | None = None


class _Carrier(BaseModel):
    code: Text = None


class Announced(BaseModel):
    """A parcel as Sendcloud describes it, in answers and in webhooks. All but the id may be null."""

    id: Required
    status: Annotated[_Status, Object] = Field(default_factory=_Status)
    tracking_number: Text = None
    tracking_url: Text = None
    carrier: Annotated[_Carrier, Object] = Field(default_factory=_Carrier)

    @property
    def status_code(self) -> int | None:
        """The status id; None for none, and for one that is no status id of any kind (more than 32 bits)."""
        code = self.status.id
        return code if code is not None and 0 <= code < 2**31 else None


class Sendcloud:
    """The calls that shipping-service makes.

    Raises `ProviderRefused` when Sendcloud refuses, `ProviderAway` when it is unavailable.
    """

    def __init__(self, http: Client) -> None:
        self._http = http

    async def announce(self, parcel_id: UUID, order: CreateParcel) -> Announced:
        """Announces a parcel. `external_reference` makes a second call answer with the first one's parcel."""
        to = order.to
        number = to.house_number.strip()
        # What a shop calls the second line is a house number, or an apartment, a floor, a building.
        numbered = number[:1].isdigit() and len(number) <= _LONGEST_HOUSE_NUMBER
        body = {
            "name": to.name or to.email or order.order_number,
            "address": to.address,
            "house_number": number if numbered else "",
            "address_2": "" if numbered else number,
            "city": to.city,
            "postal_code": to.postal_code,
            "country": to.country,
            "telephone": to.telephone,
            "email": to.email,
            "order_number": order.order_number,
            "external_order_id": str(order.order_id),
            "external_reference": str(parcel_id),
            "total_order_value": order.total,
            "total_order_value_currency": order.currency,
            "request_label": True,
            "apply_shipping_rules": True,
        }
        given = {name: value for name, value in body.items() if value != ""}
        answer = await call(self._http, "POST", "/api/v2/parcels", json={"parcel": given})
        try:
            return Announced.model_validate(answer.get("parcel"))
        except ValidationError:
            raise ProviderRefused("Sendcloud's answer describes no parcel") from None

    async def cancel(self, sendcloud_id: str) -> None:
        """Cancels a parcel. One that cannot be cancelled any more stays on its way."""
        try:
            await call(self._http, "POST", f"/api/v2/parcels/{sendcloud_id}/cancel")
        except ProviderRefused:
            return
