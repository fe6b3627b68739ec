"""A queue of a test's own, on a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar
from uuid import UUID, uuid4

from common.database import Database
from common.jobs import Handler, handles, publish
from common.messages import Message
from common.worker import JobWorker
from sqlalchemy import CursorResult, text

from tests.support.polling import PATIENCE

ORDER = UUID(int=1)


class Note(Message):
    """A message for these tests; each test has a queue of its own."""

    queue: ClassVar[str] = "test-service"
    order_id: UUID = ORDER
    text: str

    @property
    def key(self) -> str:
        return f"note:{self.text}"


class InTurn(Note):
    """One that is handled in its turn."""

    @property
    def lock(self) -> str | None:
        return f"{self.queue}:{self.order_id}"


class Bench:
    """A database with a queue that nobody else has."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url
        self.queue = f"service-{uuid4().hex[:8]}"
        self.done: list[str] = []

    async def send(self, *texts: str, kind: type[Note] = Note) -> None:
        """Queues notes, one transaction for all."""
        async with self.database.transaction() as session:
            for each in texts:
                publish(session, "tests", self.made(each, kind))

    def made(self, content: str, kind: type[Note] = Note) -> Note:
        """A note for this bench's queue."""
        mine = type(kind.__name__, (kind,), {"queue": self.queue, "__annotations__": {}})
        note: Note = mine(text=content)
        return note

    def worker(
        self, function: Callable[[Bench, Note], Awaitable[None]], kind: type[Note] = Note
    ) -> JobWorker[Bench]:
        """A worker for the queue that does `function` with each note."""
        handlers: list[Handler[Bench]] = [handles(kind, function)]
        return JobWorker(self.queue, self.url, self, handlers)

    async def note(self, _: Bench, message: Note) -> None:
        """Remembers the note."""
        self.done.append(message.text)

    async def ask(self, query: str, **values: object) -> list[Any]:
        """Rows of a query; `:queue` is this bench's."""
        async with self.database.transaction() as session:
            found = await session.execute(text(query), {"queue": self.queue, **values})
            assert isinstance(found, CursorResult)
            return list(found) if found.returns_rows else []

    async def states(self) -> list[tuple[str, int]]:
        """State and tries of each job, as operators see them."""
        query = "SELECT state, tries FROM operations.jobs WHERE queue = :queue ORDER BY id"
        return [tuple(row) for row in await self.ask(query)]

    async def until(self, condition: Callable[[], Awaitable[bool] | bool]) -> None:
        """Waits for `condition`."""
        async with asyncio.timeout(PATIENCE):
            while not ((met := condition()) if isinstance(met := condition(), bool) else await met):
                await asyncio.sleep(0.02)

    async def until_empty(self) -> None:
        """Waits until the queue has no job."""
        async with asyncio.timeout(PATIENCE):
            while await self.states():
                await asyncio.sleep(0.02)


Run = Callable[[Callable[[Bench], Coroutine[None, None, None]]], None]
