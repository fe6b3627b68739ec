"""The simulator's tables: created where they are missing, and transactions on them."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.database import Database
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable

from provider_sim.models import IDS, SCHEMA, Base, Clock

__all__ = ["Store", "Unavailable"]

_LOCK = 4_096_271_114  # any number, the same for all: two simulators that create the tables take turns
_MISSING = frozenset({"3F000", "42P01"})  # no such schema; no such table or sequence
_NOT_ALLOWED = "42501"

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Unavailable(Exception):
    """The database does not answer, or not yet. The text is fit to be shown: no address, no password."""


class Store:
    """Runs work in transactions. The schema is created when it is missing, also in the middle: `./devkit db reset` and a
    database that comes up later than the simulator need no restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def do(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """What `work` returns, once its transaction is committed. Its statements may run twice, but only if the first of them
        found no table.

        Raises Unavailable.
        """
        try:
            try:
                return await self._once(work)
            except ProgrammingError as problem:
                if _state(problem) not in _MISSING:
                    raise
            await self._once(_create)
            return await self._once(work)
        except ProgrammingError as problem:
            if _state(problem) != _NOT_ALLOWED:
                raise
            raise Unavailable(f"its user may not create the schema {SCHEMA}") from problem
        except (OperationalError, InterfaceError, InternalError, PoolTimeoutError, OSError) as problem:
            raise Unavailable(f"{type(problem).__name__}") from problem

    async def set_up(self) -> None:
        """Creates the tables; those of another version of the simulator are created anew, empty. Ids go on.

        Raises Unavailable.
        """
        await self.do(_replace)

    async def ping(self) -> None:
        """Raises Unavailable when nothing can be stored."""
        await self.do(lambda session: session.execute(select(Clock.id)))

    async def _once(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async with self._database.transaction() as session:
            return await work(session)


async def _create(session: AsyncSession) -> None:
    await session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    await session.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    # Begins at the time: should the schema alone be dropped, the platform still has rows with the ids of before.
    await session.execute(text(f"CREATE SEQUENCE IF NOT EXISTS {IDS} START WITH {int(time.time())}"))
    connection = await session.connection()
    await connection.run_sync(Base.metadata.create_all)
    await session.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS 'provider-sim {_layout()}'"))


async def _replace(session: AsyncSession) -> None:
    await session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    known = await session.scalar(text(f"SELECT obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace')"))
    if known is not None and known != f"provider-sim {_layout()}":
        logger.warning("the tables were of another version of the simulator: its prints and parcels are gone")
        tables = text(f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}'")
        for name in (await session.scalars(tables)).all():
            await session.execute(text(f'DROP TABLE {SCHEMA}."{name}" CASCADE'))
    await _create(session)


def _layout() -> str:
    """Changes with the tables."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    written = "".join(
        str(CreateTable(table).compile(dialect=dialect)) for table in Base.metadata.sorted_tables
    )
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def _state(problem: DBAPIError) -> str:
    return getattr(problem.orig, "sqlstate", None) or ""
