"""The simulator's state in Redis: jobs, parcels, what is due when, and webhooks on their way."""

from __future__ import annotations

from typing import TypeVar

from common.redis_client import Redis
from pydantic import BaseModel

from provider_sim.models import SimJob, SimParcel

__all__ = ["Delivery", "Store"]

_FIRST_ID = 100_000
_DUE = "sim:due"
_DELIVERIES = "sim:deliveries"

T = TypeVar("T", bound=BaseModel)


class Delivery(BaseModel):
    """A webhook to post: the signature scheme's name, the path at the gateway, and the exact body."""

    id: int
    provider: str
    path: str
    body: str
    attempts: int = 0


class Store:
    """Small typed wrapper over Redis. Everything raises `RedisError` while Redis is unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def next_id(self) -> int:
        """A number that was not used before."""
        return _FIRST_ID + int(await self._redis.incr("sim:ids"))

    async def job(self, job_id: int) -> SimJob | None:
        """A job, or None."""
        return _parsed(SimJob, await self._redis.hget("sim:jobs", str(job_id)))

    async def jobs(self) -> list[SimJob]:
        """All jobs, oldest first."""
        found = [SimJob.model_validate_json(v) for v in (await self._redis.hgetall("sim:jobs")).values()]
        return sorted(found, key=lambda job: job.id)

    async def parcel(self, parcel_id: int) -> SimParcel | None:
        """A parcel, or None."""
        return _parsed(SimParcel, await self._redis.hget("sim:parcels", str(parcel_id)))

    async def parcels(self) -> list[SimParcel]:
        """All parcels, oldest first."""
        found = [
            SimParcel.model_validate_json(v) for v in (await self._redis.hgetall("sim:parcels")).values()
        ]
        return sorted(found, key=lambda parcel: parcel.id)

    async def save(
        self, thing: SimJob | SimParcel, due: tuple[str, float] | None = None, webhook: Delivery | None = None
    ) -> None:
        """Stores a job or parcel, what happens to it next and when, and the webhook that tells of it: all or none."""
        table = "sim:jobs" if isinstance(thing, SimJob) else "sim:parcels"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(table, str(thing.id), thing.model_dump_json())
            if due is not None:
                pipe.zadd(_DUE, {due[0]: due[1]})
            if webhook is not None:
                pipe.hset("sim:webhooks", str(webhook.id), webhook.model_dump_json())
                pipe.zadd(_DELIVERIES, {str(webhook.id): 0})
            await pipe.execute()

    async def due(self, now: float) -> list[str]:
        """What is due at simulated second `now`, oldest first."""
        return [_text(name) for name in await self._redis.zrangebyscore(_DUE, "-inf", now)]

    async def forget_due(self, name: str) -> None:
        """Takes it off the schedule."""
        await self._redis.zrem(_DUE, name)

    async def next_due(self) -> float | None:
        """Simulated second of what comes next."""
        first = await self._redis.zrange(_DUE, 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    async def deliveries(self, now: float) -> list[Delivery]:
        """Webhooks to post at real second `now`."""
        names = [_text(name) for name in await self._redis.zrangebyscore(_DELIVERIES, "-inf", now, 0, 20)]
        bodies = await self._redis.hmget("sim:webhooks", names) if names else []
        return [Delivery.model_validate_json(body) for body in bodies if body]

    async def next_delivery(self) -> float | None:
        """Real second of the next try."""
        first = await self._redis.zrange(_DELIVERIES, 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    async def try_again(self, delivery: Delivery, at: float) -> None:
        """Keeps a webhook for a later try."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset("sim:webhooks", str(delivery.id), delivery.model_dump_json())
            pipe.zadd(_DELIVERIES, {str(delivery.id): at})
            await pipe.execute()

    async def delivered(self, delivery: Delivery) -> None:
        """Forgets a webhook."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(_DELIVERIES, str(delivery.id))
            pipe.hdel("sim:webhooks", str(delivery.id))
            await pipe.execute()

    async def claim_reference(self, reference: str, parcel_id: int) -> int:
        """Ties an external reference to a parcel, once; returns the parcel it is tied to."""
        if not reference or await self._redis.hsetnx("sim:references", reference, str(parcel_id)):
            return parcel_id
        tied = await self._redis.hget("sim:references", reference)
        return int(tied) if tied else parcel_id


def _parsed(model: type[T], value: str | bytes | None) -> T | None:
    return None if value is None else model.model_validate_json(value)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
