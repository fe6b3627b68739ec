"""Steering by hand: time, prints and parcels."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from provider_sim.clock import Clock
from provider_sim.context import Context
from provider_sim.models import JobStatus, SimJob, SimParcel
from provider_sim.simulation import Wrong

__all__ = ["routes"]

_STEPS: dict[str, JobStatus] = {"start": "printing", "done": "done", "fail": "failed"}


class ClockState(BaseModel):
    """How fast time runs, whether it stands still, and how late it is in simulated seconds."""

    speed: float
    paused: bool
    now: float


class ClockChange(BaseModel):
    """What to change; what is left out stays."""

    speed: float | None = Field(default=None, ge=0, le=1_000_000)
    paused: bool | None = None


routes = APIRouter(prefix="/sim", tags=["steering"])


@routes.get("/clock")
async def get_clock(context: Context) -> ClockState:
    """The clock."""
    return _state(context.simulation.clock)


@routes.post("/clock")
async def set_clock(context: Context, change: ClockChange) -> ClockState:
    """Speeds time up, slows it down, stops it, or lets it go on."""
    return _state(await context.simulation.set_clock(change.speed, change.paused))


@routes.get("/jobs")
async def jobs(context: Context) -> list[SimJob]:
    """All print jobs, oldest first."""
    return await context.simulation.store.jobs()


@routes.post("/jobs/{job_id}/{step}")
async def move_job(context: Context, job_id: int, step: Literal["start", "done", "fail"]) -> SimJob:
    """Moves a print; 404 when there is none, 409 when it is past that."""
    try:
        return await context.simulation.move_job(job_id, _STEPS[step])
    except LookupError as problem:
        raise HTTPException(404, str(problem)) from None
    except Wrong as problem:
        raise HTTPException(409, str(problem)) from None


@routes.get("/parcels")
async def parcels(context: Context) -> list[SimParcel]:
    """All parcels, oldest first."""
    return await context.simulation.store.parcels()


@routes.post("/parcels/{parcel_id}/status/{code}")
async def move_parcel(context: Context, parcel_id: int, code: int) -> SimParcel:
    """Gives a parcel a Sendcloud status id; 404 when there is none."""
    try:
        return await context.simulation.move_parcel(parcel_id, code)
    except LookupError as problem:
        raise HTTPException(404, str(problem)) from None


def _state(clock: Clock) -> ClockState:
    return ClockState(speed=clock.speed, paused=clock.paused, now=round(clock.now, 3))
