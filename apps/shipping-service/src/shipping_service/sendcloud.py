"""Sendcloud's API (version 2): parcels, and what their status codes mean."""

from __future__ import annotations

from uuid import UUID

import httpx
from common.messages import CreateParcel
from common.providers import ProviderRefused, call
from pydantic import BaseModel, Field

__all__ = ["Announced", "Sendcloud", "meaning"]

_EN_ROUTE = (3, 4, 5, 6, 7, 22, 91, 92, 62989, 62990, 62993, 62994, 62995)
_MEANING = {
    **dict.fromkeys((1, 13, 999, 1000, 1001), "announced"),
    **dict.fromkeys(_EN_ROUTE, "en_route"),
    **dict.fromkeys((11, 93), "delivered"),
    **dict.fromkeys((8, 12), "awaiting_pickup"),
    **dict.fromkeys((80, 1002, 62991, 62992, 62996), "failed"),
    **dict.fromkeys((1998, 1999, 2000, 2001), "cancelled"),
}


def meaning(code: int) -> str | None:
    """The parcel's state for a Sendcloud status id; None for one that says nothing about it."""
    return _MEANING.get(code)


class _Status(BaseModel):
    id: int
    message: str = ""


class _Carrier(BaseModel):
    code: str = ""


class Announced(BaseModel):
    """A parcel as Sendcloud describes it, in answers and in webhooks."""

    id: int
    status: _Status
    tracking_number: str | None = None
    tracking_url: str | None = None
    carrier: _Carrier = Field(default_factory=_Carrier)


class Sendcloud:
    """The calls that shipping-service makes.

    Raises `ProviderRefused` when Sendcloud refuses, `httpx.HTTPError` when it is unavailable.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def announce(self, parcel_id: UUID, order: CreateParcel) -> Announced:
        """Announces a parcel. `external_reference` makes a second call answer with the first one's parcel."""
        to = order.to
        body = {
            "name": to.name or to.email or order.order_number,
            "address": to.address,
            "house_number": to.house_number,
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
        answer = await call(self._http, "POST", "/api/v2/parcels", json={"parcel": body})
        return Announced.model_validate(answer.get("parcel"))

    async def cancel(self, sendcloud_id: str) -> None:
        """Cancels a parcel. One that cannot be cancelled any more stays on its way."""
        try:
            await call(self._http, "POST", f"/api/v2/parcels/{sendcloud_id}/cancel")
        except ProviderRefused:
            return
