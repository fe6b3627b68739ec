"""Queues on a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from common.database import Database

from tests.support.job_bench import Bench, Run
from tests.support.polling import PATIENCE


@pytest.fixture
def run(database_url: str) -> Run:
    """Runs a coroutine with a bench."""

    def go(test: Callable[[Bench], Coroutine[None, None, None]]) -> None:
        async def main() -> None:
            database = Database(database_url, "tests")
            try:
                await asyncio.wait_for(test(Bench(database, database_url)), 3 * PATIENCE)
            finally:
                await database.close()

        asyncio.run(main())

    return go
