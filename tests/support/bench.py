"""Single services with an environment that differs from the table's in what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from common.database import Database
from common.jobs import publish
from common.messages import Message

from tests.support.platform import Platform, ServiceProcess

__all__ = ["Bench"]


class Bench:
    """Starts single services with an environment that differs from the table's in what a test says."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self._folder, self._database_url, self._redis_url = folder, database_url, redis_url

    @contextmanager
    def run(self, service: str, **changes: str) -> Iterator[ServiceProcess]:
        """`service`, alive, until the block ends."""
        with Platform.prepared(
            self._folder, self._database_url, self._redis_url, changes, only=[service]
        ) as platform:
            platform[service].log = self._folder / f"{uuid4().hex}.log"
            platform[service].start()
            yield platform[service]

    def send(self, message: Message) -> None:
        """Queues a job."""

        async def enqueue() -> None:
            database = Database(self._database_url, "tests")
            async with database.transaction() as session:
                publish(session, "tests", message)
            await database.close()

        asyncio.run(enqueue())
