"""Steering by hand: time, orders, prints and parcels."""

from __future__ import annotations

import secrets
import uuid
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim import printing, shipping, shop
from provider_sim.context import Context
from provider_sim.delivery import webhook
from provider_sim.ids import LARGEST_ID
from provider_sim.models import IDS, Clock, Job, JobStatus, Parcel
from provider_sim.printing import Wrong

__all__ = ["routes"]

_STEPS: dict[str, JobStatus] = {"start": "printing", "done": "done", "fail": "failed"}

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class ClockState(BaseModel):
    """How fast time runs, whether it stands still, and how late it is in simulated seconds."""

    speed: float
    paused: bool
    now: float


class ClockChange(BaseModel):
    """What to change; what is left out stays."""

    speed: float | None = Field(default=None, ge=0, le=1_000_000)
    paused: bool | None = None


class JobState(BaseModel):
    """A print job."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    filename: str
    amount: int
    status: JobStatus


class Failure(BaseModel):
    """Why a print failed."""

    reason: str | None = Field(default=None, min_length=1, max_length=1000, pattern=r"\S")


class ParcelState(BaseModel):
    """A parcel. `status` is Sendcloud's id of it."""

    id: int
    name: str
    order_number: str
    external_reference: str
    status: int
    tracking_number: str
    tracking_url: str
    carrier: str | None


routes = APIRouter(prefix="/sim", tags=["steering"])


@routes.get("/clock")
async def get_clock(context: Context) -> ClockState:
    """The clock."""
    return _time(await context.simulation.clock())


@routes.post("/clock")
async def set_clock(context: Context, change: ClockChange) -> ClockState:
    """Speeds time up, slows it down, stops it, or lets it go on."""
    return _time(await context.simulation.set_clock(change.speed, change.paused))


@routes.get("/jobs")
async def jobs(context: Context) -> list[JobState]:
    """All print jobs, oldest first."""
    return [_print(job) for job in await context.simulation.store.do(printing.jobs)]


@routes.post("/jobs/{job_id}/{step}")
async def move_job(
    context: Context, job_id: Id, step: Literal["start", "done", "fail"], failure: Failure | None = None
) -> JobState:
    """Moves a print; 404 when there is none, 409 when it is past that. One that fails may be told why."""
    reason = failure.reason if failure else None
    move = partial(printing.move, job_id=job_id, status=_STEPS[step], reason=reason)
    try:
        return _print(await context.simulation.change(move))
    except LookupError as problem:
        raise HTTPException(404, str(problem)) from None
    except Wrong as problem:
        raise HTTPException(409, str(problem)) from None


@routes.get("/parcels")
async def parcels(context: Context) -> list[ParcelState]:
    """All parcels, oldest first."""
    return [_parcel(parcel) for parcel in await context.simulation.store.do(shipping.parcels)]


@routes.post("/parcels/{parcel_id}/status/{code}")
async def move_parcel(
    context: Context, parcel_id: Id, code: Annotated[int, Path(ge=0, le=LARGEST_ID)]
) -> ParcelState:
    """Gives a parcel a Sendcloud status id; 404 when there is none."""
    try:
        move = partial(shipping.move, parcel_id=parcel_id, status=code)
        return _parcel(await context.simulation.change(move))
    except LookupError as problem:
        raise HTTPException(404, str(problem)) from None


class Wanted(BaseModel):
    """Which order to place; without a seed, any. `skus`: what is bought, one line each; without them the seed says."""

    seed: int | None = Field(default=None, ge=0, le=LARGEST_ID)
    skus: list[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w .×-]+$")]] = Field(
        default_factory=list, max_length=100
    )


class Placed(BaseModel):
    """An order that the shop now tells of."""

    shopify_order_id: str
    number: str
    seed: int


@routes.post("/shop/orders", status_code=202)
async def place_order(context: Context, wanted: Wanted) -> Placed:
    """A customer buys: the shop posts `orders/create`, signed, as Shopify does."""
    seed = secrets.randbelow(1_000_000) if wanted.seed is None else wanted.seed

    async def place(session: AsyncSession, _: Clock) -> Placed:
        number = int(await session.scalar(text(f"SELECT nextval('{IDS}')")) or 0)
        body = shop.order(seed, number, wanted.skus)
        told = {
            "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": shop.SHOP, "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Triggered-At": str(body["updated_at"]),
        }  # fmt: skip
        webhook(session, "shopify", body, told)
        return Placed(shopify_order_id=str(number), number=str(body["name"]), seed=seed)

    return await context.simulation.change(place)


def _time(clock: Clock) -> ClockState:
    return ClockState(speed=clock.speed, paused=clock.paused, now=round(clock.now, 3))


def _print(job: Job) -> JobState:
    return JobState.model_validate(job)


def _parcel(parcel: Parcel) -> ParcelState:
    return ParcelState(
        id=parcel.id,
        name=parcel.given.get("name", ""),
        order_number=parcel.given.get("order_number", ""),
        external_reference=parcel.external_reference or "",
        status=parcel.status,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        carrier=parcel.carrier,
    )
