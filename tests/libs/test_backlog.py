"""Whether a queue's backlog grows: compared with a minute ago."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from common.backlog import BacklogWatch
from common.database import Database
from sqlalchemy import text


def test_a_backlog_grows_when_more_waits_than_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, at = f"service-{uuid4().hex[:8]}", [1000.0]
    monkeypatch.setattr("common.backlog.time.monotonic", lambda: at[0])

    async def test() -> list[tuple[object, object]]:
        database = Database(database_url, "tests")
        watch, found = BacklogWatch(database, queue), []
        put = text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (:queue, 'note', jsonb_build_object('sent_at', now()))"
        )
        # Nothing, then ever more; in the end all of it is done.
        for seconds, more in ((0, 0), (30, 2), (61, 1), (30, 0), (61, 0), (31, 1)):
            at[0] += seconds
            async with database.transaction() as session:
                for _ in range(more):
                    await session.execute(put, {"queue": queue})
            told = await watch.ask()
            found.append((told["waiting"], told["growing"]))
        await database.close()
        return found

    assert asyncio.run(test()) == [(0, False), (2, False), (3, True), (3, True), (3, False), (4, True)]
