"""Users: one is seeded from LOGIN_EMAIL and LOGIN_PASSWORD whenever the gateway starts."""

from __future__ import annotations

import asyncio
import logging
import uuid

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from common.database import Database
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from gateway.models import User

__all__ = ["authenticate", "keep_seeding", "seed"]

_hasher = PasswordHasher()
# Verified when nobody has that e-mail address, so that both answers take equally long.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9i$8cJkTBqPYFWlyCK6tUXgSj1GmYvY7FOyT0xEFYx3N3M"

logger = logging.getLogger(__name__)


async def seed(database: Database, email: str, password: str) -> None:
    """Creates the user, or updates its password to LOGIN_PASSWORD."""
    if await authenticate(database, email, password):
        return
    hashed = await asyncio.to_thread(_hasher.hash, password)
    row = insert(User).values(id=uuid.uuid4(), email=email.lower(), password_hash=hashed)
    new = {"password_hash": hashed, "updated_at": func.now()}
    async with database.transaction() as session:
        await session.execute(row.on_conflict_do_update(index_elements=["email"], set_=new))
    logger.info("user seeded", extra={"email": email})


async def keep_seeding(database: Database, email: str, password: str) -> None:
    """Seeds as soon as the database and its tables are there."""
    pause = 0.5
    while True:
        await asyncio.sleep(pause)
        try:
            return await seed(database, email, password)
        except (SQLAlchemyError, OSError) as problem:
            logger.warning("the user is not seeded yet", extra={"reason": type(problem).__name__})
            pause = min(pause * 2, 15)


async def authenticate(database: Database, email: str, password: str) -> bool:
    """True when there is such a user with that password."""
    async with database.transaction() as session:
        stored = await session.scalar(select(User.password_hash).where(User.email == email.lower()))
    return await asyncio.to_thread(_verify, stored or _NOBODY, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
