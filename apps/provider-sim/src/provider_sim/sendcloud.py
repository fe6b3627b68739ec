"""Sendcloud's API (version 2) as far as shipping-service uses it. The secret key is the right password."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel

from provider_sim.context import Context
from provider_sim.models import SimParcel
from provider_sim.simulation import describe

__all__ = ["routes"]

_basic = HTTPBasic(realm="api")
Answer = dict[str, object]


async def _require_keys(context: Context, given: Annotated[HTTPBasicCredentials, Depends(_basic)]) -> None:
    expected = context.settings.sendcloud_secret_key.get_secret_value()
    right = hmac.compare_digest(given.password.encode(), expected.encode())
    if not (given.username and right):
        raise HTTPException(401, "Invalid username/password.")


class _ParcelRequest(BaseModel):
    name: str
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    order_number: str = ""
    external_reference: str = ""


class ParcelRequest(BaseModel):
    """Body of `POST /parcels`."""

    parcel: _ParcelRequest


routes = APIRouter(prefix="/api/v2", tags=["sendcloud"], dependencies=[Depends(_require_keys)])


@routes.post("/parcels")
async def create_parcel(context: Context, body: ParcelRequest) -> Answer:
    """Announces a parcel; a known `external_reference` gets the parcel that has it."""
    wanted = body.parcel
    number = await context.simulation.store.next_id()
    tracking = f"3SSIM{number:09d}"
    parcel = await context.simulation.announce(
        SimParcel(
            id=number,
            name=wanted.name,
            order_number=wanted.order_number,
            external_reference=wanted.external_reference,
            tracking_number=tracking,
            tracking_url=f"https://tracking.example.com/{tracking}",
        )
    )
    return {"parcel": describe(parcel)}


@routes.get("/parcels/{parcel_id}")
async def get_parcel(context: Context, parcel_id: int) -> Answer:
    """A parcel; 404 when there is none."""
    parcel = await context.simulation.store.parcel(parcel_id)
    if parcel is None:
        raise HTTPException(404, "No Parcel matches the given query.")
    return {"parcel": describe(parcel)}


@routes.post("/parcels/{parcel_id}/cancel")
async def cancel_parcel(context: Context, parcel_id: int) -> Answer:
    """Cancels a parcel that is not on its way yet; 400 afterwards."""
    parcel = await context.simulation.store.parcel(parcel_id)
    if parcel is None:
        raise HTTPException(404, "No Parcel matches the given query.")
    if parcel.status not in (1, 1000):  # announced, ready to send
        raise HTTPException(400, "This parcel cannot be cancelled any more.")
    await context.simulation.move_parcel(parcel_id, 2000)
    return {"status": "cancelled", "message": "Parcel has been cancelled"}
