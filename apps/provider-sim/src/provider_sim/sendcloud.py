"""Sendcloud's API (version 2) as far as shipping-service uses it. The secret key is the right password.

https://sendcloud.dev/api/v2/parcels/
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from provider_sim import shipping
from provider_sim.context import Context
from provider_sim.description import describe
from provider_sim.ids import read_id
from provider_sim.models import Parcel
from provider_sim.parcel_request import Refused, read

__all__ = ["routes"]

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="api"'}

Answer = dict[str, object]


async def _require_keys(
    context: Context,
    given: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(realm="api", auto_error=False))],
) -> None:
    if given is None:
        raise HTTPException(401, "Authentication credentials were not provided.", _CHALLENGE)
    expected = context.settings.sendcloud_secret_key.get_secret_value()
    right = hmac.compare_digest(given.password.encode(), expected.encode())
    if not (given.username and right):
        raise HTTPException(401, "Invalid username/password.", _CHALLENGE)


routes = APIRouter(prefix="/api/v2", tags=["sendcloud"], dependencies=[Depends(_require_keys)])


@routes.post("/parcels")
async def create_parcel(context: Context, request: Request) -> Answer:
    """Announces a parcel; a known `external_reference` gets the parcel that has it. 400 with all that is wrong with it."""
    try:
        wanted = read(await request.body())
    except Refused as refusal:
        raise HTTPException(400, str(refusal)) from None
    announce = partial(shipping.announce, given=wanted.given, request_label=wanted.request_label)
    return {"parcel": describe(await context.simulation.change(announce))}


@routes.get("/parcels/{parcel_id}")
async def get_parcel(context: Context, parcel_id: str) -> Answer:
    """A parcel; 404 when there is none."""
    number = read_id(parcel_id)
    parcel = await context.simulation.store.do(lambda session: session.get(Parcel, number))
    if parcel is None:
        raise _unknown()
    return {"parcel": describe(parcel)}


@routes.post("/parcels/{parcel_id}/cancel")
async def cancel_parcel(context: Context, response: Response, parcel_id: str) -> Answer:
    """Cancels a parcel that is not on its way yet (200, or 202 for later), or deletes one that never was announced (410);
    400 afterwards."""
    try:
        outcome = await context.simulation.change(partial(shipping.cancel, parcel_id=read_id(parcel_id)))
    except LookupError:
        raise _unknown() from None
    response.status_code = outcome.code
    return {"status": outcome.status, "message": outcome.message}


def _unknown() -> HTTPException:
    return HTTPException(404, "No Parcel matches the given query.")
