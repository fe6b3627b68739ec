"""Guessing passwords is slow: so many failed sign-ins by account and by address, then none for a while."""

from __future__ import annotations

import hashlib

from common.redis_client import Redis

__all__ = ["PER_ACCOUNT", "PER_ADDRESS", "SignInLimit", "too_many"]

PER_ACCOUNT, PER_ADDRESS = 10, 30
"""Failures after which an account, whether it exists or not, and an address must wait."""


def too_many(seconds: int) -> str:
    """The answer then, also to the right password: it must not tell which one that is."""
    return f"too many failed sign-ins; try again in {seconds} s"


class SignInLimit:
    """Counts in Redis, for all replicas. An attempt counts before the password is looked at, so that a hundred at once count
    as a hundred; a success takes its own back. An address that must wait counts for no account any more."""

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis, self._seconds = redis, seconds

    async def wait(self, email: str, address: str) -> int:
        """Counts an attempt. 0 when it may go on, else the seconds to wait. Raises RedisError."""
        return await self._count(_address(address), PER_ADDRESS) or await self._count(
            _account(email), PER_ACCOUNT
        )

    async def succeeded(self, email: str, address: str) -> None:
        """The password was right: nothing has failed for that account, and one less for the address."""
        async with self._redis.pipeline(transaction=True) as commands:
            commands.delete(_account(email))
            # Not below zero, and no counter without an end, if it ended in between.
            commands.set(_address(address), 1, ex=self._seconds, nx=True)
            commands.decr(_address(address))
            await commands.execute()

    async def _count(self, key: str, most: int) -> int:
        async with self._redis.pipeline(transaction=True) as commands:
            commands.set(key, 0, ex=self._seconds, nx=True)
            commands.incr(key)
            commands.ttl(key)
            _, count, left = await commands.execute()
        return max(1, int(left)) if count > most else 0


def _account(email: str) -> str:
    # Of one length, whatever is typed; and Redis holds no list of addresses.
    return f"sign-in:account:{hashlib.sha256(email.lower().encode('utf-8', 'replace')).hexdigest()}"


def _address(address: str) -> str:
    return f"sign-in:address:{address}"
