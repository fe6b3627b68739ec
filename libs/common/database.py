"""Postgres: the engine, the models' base class, and transactions, which hold the lease of the job that runs."""

from __future__ import annotations

import select
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import CursorResult, DateTime, MetaData, Text, Update, Uuid, event, func, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common import leases, outgoing

__all__ = ["Base", "Database", "Timestamps", "changed", "conninfo", "driver_url"]

# libpq's. A server whose machine is gone, as after a failover, is given up after some 15 s; the system alone takes a quarter of
# an hour. What the URL says counts.
_CONNECTING = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_KEPT = 4


class Base(DeclarativeBase):
    """Base class of all models. Constraint names follow one pattern, so migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), uuid.UUID: Uuid}  # noqa: RUF012


class Timestamps:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.clock_timestamp())


def driver_url(url: str) -> URL:
    """`url` for psycopg 3, with how it connects; Prisma's `?schema=` is dropped, since Postgres would refuse it."""
    given = make_url(url).set(drivername="postgresql+psycopg").difference_update_query(["schema"])
    return given.update_query_dict(
        {name: value for name, value in _CONNECTING.items() if name not in given.query}
    )


def conninfo(url: str) -> str:
    """`url` as libpq takes it. It holds the password."""
    return driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def changed(session: AsyncSession, statement: Update) -> int:
    """Executes an update and returns how many rows it changed."""
    done = await session.execute(statement)
    assert isinstance(done, CursorResult)
    return done.rowcount


class Database:
    """A pool of at most so many `connections`, and the transactions on it."""

    def __init__(self, url: str, service: str, connections: int = 8) -> None:
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=min(_KEPT, connections),
            max_overflow=max(0, connections - _KEPT),
            hide_parameters=True,  # errors are logged, and these are people's names and addresses
            connect_args={"application_name": service},
        )
        event.listen(self.engine.sync_engine, "checkout", _require_open)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, *, ends_job: bool = False) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends, and rolled back when it raises.

        Within a job it holds the job's lease; with `ends_job` the job ends with it (`leases.conclude`). Raises LeaseLost then
        when another worker has the job.
        """
        async with self._sessions() as session, session.begin():
            if not ends_job:
                await leases.hold(session)
            yield session
            await session.flush()
            await outgoing.write(session)
            if ends_job:
                await leases.conclude(session)
        if lease := session.info.get(leases.CONCLUDES):
            lease.concluded = True

    async def ping(self) -> None:
        """Raises when Postgres does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()


def _require_open(connection: Any, *_: object) -> None:
    """Takes no connection from the pool that the server has closed: whatever can be read from an idle one is its end, or news
    that a new one has too. The system knows that; a statement that asks the server would be one of nine.

    Raises InvalidatePoolError, by which the pool begins anew.
    """
    given: psycopg.AsyncConnection[object] = connection.driver_connection
    if not given.closed:
        looking = select.poll()
        looking.register(given.fileno(), select.POLLIN)
        if not looking.poll(0):
            return
    raise InvalidatePoolError
