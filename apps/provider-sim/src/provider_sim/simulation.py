"""Prints and parcels move: on schedule or by hand, each step told by webhook."""

from __future__ import annotations

import asyncio
import json
import logging
import time

from common.redis_client import RedisError

from provider_sim.clock import Clock, Clocks
from provider_sim.delivery import Courier
from provider_sim.models import JobStatus, SimJob, SimParcel
from provider_sim.store import Delivery, Store

__all__ = ["Simulation", "Wrong", "describe"]

_TO_START, _TO_DONE, _PARCEL_STEP = 60.0, 300.0, 120.0
_NEXT_PARCEL_STATUS = {1000: 1, 1: 3, 3: 11}
_PARCEL_MESSAGES = {1: "Announced", 3: "En route to sorting center", 11: "Delivered", 2000: "Cancelled"}
_LONGEST_SLEEP = 30.0
_FROM: dict[JobStatus, tuple[JobStatus, ...]] = {
    "printing": ("queued",),
    "done": ("queued", "printing"),
    "failed": ("queued", "printing"),
    "cancelled": ("queued", "printing"),
}
_EVENTS: dict[JobStatus, str] = {
    "printing": "job.started",
    "done": "job.done",
    "failed": "job.failed",
    "cancelled": "job.cancelled",
}

logger = logging.getLogger(__name__)


class Wrong(Exception):
    """What was asked for cannot be done to that job or parcel."""


class Simulation:
    """One of it runs at a time; its state is in `store`, so a restart goes on where it stopped."""

    def __init__(self, store: Store, clocks: Clocks, courier: Courier, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._clocks = clocks
        self._courier = courier
        self._changed = asyncio.Event()
        # A step by hand and the same step on schedule must not both happen.
        self._moving = asyncio.Lock()

    async def set_clock(self, speed: float | None, paused: bool | None) -> Clock:
        """Changes the speed, or stops and starts time."""
        new_speed = self.clock.speed if speed is None else speed
        new_paused = self.clock.paused if paused is None else paused
        self.clock = await self._clocks.store(self.clock.changed(new_speed, new_paused))
        self._changed.set()
        return self.clock

    async def queue(self, filename: str, amount: int) -> SimJob:
        """A new queue item, which starts printing after a while."""
        job = SimJob(id=await self.store.next_id(), filename=filename, amount=amount)
        await self.store.save(job, due=(f"job:{job.id}:printing", self.clock.now + _TO_START))
        self._changed.set()
        return job

    async def move_job(self, job_id: int, status: JobStatus, silent: bool = False) -> SimJob:
        """Moves a job and, unless `silent`, tells it by webhook. Raises `LookupError` or `Wrong`."""
        async with self._moving:
            job = await self.store.job(job_id)
            if job is None:
                raise LookupError(f"no job {job_id}")
            if job.status not in _FROM[status]:
                raise Wrong(f"job {job_id} is {job.status}")
            job.status = status
            due = (f"job:{job.id}:done", self.clock.now + _TO_DONE) if status == "printing" else None
            webhook = None if silent else await self._job_webhook(job)
            await self.store.save(job, due, webhook)
        self._changed.set()
        return job

    async def announce(self, parcel: SimParcel) -> SimParcel:
        """A new parcel, or the one that has its external reference already."""
        known = await self.store.claim_reference(parcel.external_reference, parcel.id)
        existing = await self.store.parcel(known)
        if existing is not None:
            return existing
        await self.store.save(parcel, due=(f"parcel:{parcel.id}:1", self.clock.now))
        self._changed.set()
        return parcel

    async def move_parcel(self, parcel_id: int, status: int) -> SimParcel:
        """Gives a parcel a status and tells it by webhook. Raises `LookupError`."""
        async with self._moving:
            parcel = await self.store.parcel(parcel_id)
            if parcel is None:
                raise LookupError(f"no parcel {parcel_id}")
            parcel.status = status
            following = _NEXT_PARCEL_STATUS.get(status)
            due = (f"parcel:{parcel.id}:{following}", self.clock.now + _PARCEL_STEP) if following else None
            await self.store.save(parcel, due, await self._parcel_webhook(parcel))
        self._changed.set()
        return parcel

    async def run(self) -> None:
        """Moves what is due and posts webhooks, forever. Waits while Redis is unavailable."""
        while True:
            self._changed.clear()
            try:
                if self.clock.running:
                    for name in await self.store.due(self.clock.now):
                        await self._happen(name)
                await self._courier.deliver(self.store)
                pause = await self._pause()
            except (RedisError, OSError) as problem:
                logger.warning("the simulation waits", extra={"reason": type(problem).__name__})
                pause = 1.0
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    async def _pause(self) -> float:
        due, delivery = await self.store.next_due(), await self.store.next_delivery()
        until_due = None if due is None else self.clock.real_delay(due)
        until_delivery = None if delivery is None else max(0.0, delivery - time.time())
        return min(_LONGEST_SLEEP, *(d for d in (until_due, until_delivery, _LONGEST_SLEEP) if d is not None))

    async def _happen(self, name: str) -> None:
        kind, number, step = name.split(":")
        try:
            if kind == "job":
                await self.move_job(int(number), "printing" if step == "printing" else "done")
            else:
                parcel = await self.store.parcel(int(number))
                if parcel is not None and _NEXT_PARCEL_STATUS.get(parcel.status) == int(step):
                    await self.move_parcel(int(number), int(step))
        except (LookupError, Wrong):
            logger.debug("not due any more", extra={"what": name})
        # After the step, not before: a crash in between repeats it, and a repeated step is refused above.
        await self.store.forget_due(name)

    async def _job_webhook(self, job: SimJob) -> Delivery:
        facts: dict[str, object] = {"id": job.id, "name": job.filename, "amount": job.amount}
        if job.status == "failed":
            facts["reason"] = "the print came off the bed"
        body = {
            "webhook_id": 1,
            "event": _EVENTS[job.status],
            "timestamp": int(time.time()),
            "data": {"job": facts, "printer": {"id": job.id, "name": f"Printer {job.id % 8 + 1}"}},
        }
        return await self._webhook("simplyprint", "/webhooks/simplyprint", body)

    async def _parcel_webhook(self, parcel: SimParcel) -> Delivery:
        body = {
            "action": "parcel_status_changed",
            "timestamp": int(time.time() * 1000),
            "carrier_status_change_timestamp": int(time.time() * 1000),
            "parcel": describe(parcel),
        }
        return await self._webhook("sendcloud", "/webhooks/sendcloud", body)

    async def _webhook(self, provider: str, path: str, body: dict[str, object]) -> Delivery:
        number = await self.store.next_id()
        return Delivery(id=number, provider=provider, path=path, body=json.dumps(body))


def describe(parcel: SimParcel) -> dict[str, object]:
    """The parcel as Sendcloud describes it."""
    message = _PARCEL_MESSAGES.get(parcel.status, "Ready to send" if parcel.status == 1000 else "Changed")
    return {
        "id": parcel.id,
        "name": parcel.name,
        "order_number": parcel.order_number,
        "external_reference": parcel.external_reference,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "status": {"id": parcel.status, "message": message},
        "carrier": {"code": parcel.carrier},
    }
