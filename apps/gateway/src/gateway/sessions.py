"""Sessions: a signed id in the cookie, the content in Redis."""

from __future__ import annotations

import secrets

from common.redis_client import Redis
from itsdangerous import BadSignature, Signer

__all__ = ["COOKIE", "LIFETIME_SECONDS", "Sessions"]

COOKIE = "forma3d_session"
LIFETIME_SECONDS = 7 * 24 * 3600


class Sessions:
    """Opens, reads and closes sessions. A cookie whose signature is wrong is not a session."""

    def __init__(self, redis: Redis, secret: str) -> None:
        self._redis = redis
        self._signer = Signer(secret, salt="forma3d-session")

    async def open(self, email: str) -> str:
        """Starts a session and returns the cookie's value."""
        name = secrets.token_urlsafe(24)
        await self._redis.set(_key(name), email, ex=LIFETIME_SECONDS)
        return self._signer.sign(name).decode()

    async def email(self, cookie: str | None) -> str | None:
        """Whose session it is, or None."""
        name = self._name(cookie)
        stored = await self._redis.get(_key(name)) if name else None
        if stored is None:
            return None
        return stored.decode() if isinstance(stored, bytes) else str(stored)

    async def close(self, cookie: str | None) -> None:
        """Ends the session in every browser."""
        name = self._name(cookie)
        if name:
            await self._redis.delete(_key(name))

    def _name(self, cookie: str | None) -> str | None:
        try:
            return self._signer.unsign(cookie).decode() if cookie else None
        except (BadSignature, UnicodeDecodeError):
            return None


def _key(name: str) -> str:
    return f"session:{name}"
