"""provider-sim keeps its state in Postgres: nothing is lost, told twice with different content, or done twice by two of it."""

from __future__ import annotations

import json
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from common.database import Base, driver_url
from common.jobs import has_a_model
from devkit.database.operations import wipe
from psycopg import sql
from sqlalchemy import create_engine

from tests.apps.test_migrations import models
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.shop import eventually, rows
from tests.support.simulator import AUTH, KEY, PARCEL, add, announce, simulator, told
from tests.support.storage import Postgres

JOB, PARCEL_STEPS = ["job.done", "job.started"], ["1", "11", "3"]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as listening:
        yield listening


@pytest.fixture
def database(postgres_server: Postgres) -> str:
    """A migrated database of the test's own."""
    return postgres_server.create(postgres_server.template)


def contents(receiver: HttpReceiver) -> dict[tuple[str, object, object], set[bytes]]:
    """The different bodies that told of the same step of the same job or parcel."""
    found: dict[tuple[str, object, object], set[bytes]] = defaultdict(set)
    for call in receiver.calls:
        body = json.loads(call.body)
        about = body.get("data", {}).get("job") or body["parcel"]
        step = body["event"] if "event" in body else body["parcel"]["status"]["id"]
        found[call.path, about["id"], step].add(call.body)
    return found


def all_is_told(receiver: HttpReceiver, jobs: list[int], parcels: list[int]) -> bool:
    printed = all(set(told(receiver, "job", job)) == set(JOB) for job in jobs)
    return printed and all(set(told(receiver, "parcel", parcel)) == set(PARCEL_STEPS) for parcel in parcels)


def dropped(database: str) -> bool:
    """Whether the schema is gone: it works on, in another order of its tables, and Postgres ends one of the two."""
    with psycopg.connect(database, autocommit=True) as connection:
        try:
            connection.execute("DROP SCHEMA sim CASCADE")
        except psycopg.errors.DeadlockDetected:
            return False
    return True


def test_killed_between_steps_it_loses_nothing(tmp_path: Path, database: str, receiver: HttpReceiver) -> None:
    """Killed again and again while prints and parcels move."""
    with simulator(tmp_path, database, receiver, speed="100") as sim:
        sim.start()
        httpx.post(f"{sim.url}/sim/clock", json={"paused": True})
        jobs = [add(sim) for _ in range(6)]
        parcels = [announce(sim, f"ref-{number}") for number in range(6)]
        assert len({*jobs, *parcels}) == 12
        httpx.post(f"{sim.url}/sim/clock", json={"paused": False})
        for _ in range(4):
            before = len(receiver.calls)
            eventually("it tells something", lambda before=before: len(receiver.calls) > before)  # type: ignore[misc]
            assert sim.stop(signal.SIGKILL) == -signal.SIGKILL
            sim.start()
            if all_is_told(receiver, jobs, parcels):
                break
        eventually("all is told", lambda: all_is_told(receiver, jobs, parcels))
        assert {
            step: len(different) for step, different in contents(receiver).items() if len(different) != 1
        } == {}
        states = {job["id"]: job["status"] for job in httpx.get(f"{sim.url}/sim/jobs").json()}
        assert states == dict.fromkeys(jobs, "done")
        eventually("nothing waits", lambda: rows(database, "SELECT count(*) FROM sim.deliveries") == [(0,)])


def test_two_at_once_do_and_tell_each_step_once(
    tmp_path: Path, database: str, receiver: HttpReceiver
) -> None:
    """As while one replaces the other. Both may also be the first that finds no tables."""
    (tmp_path / "other").mkdir()
    with (
        simulator(tmp_path, database, receiver, speed="2000") as one,
        simulator(tmp_path / "other", database, receiver, speed="2000") as other,
    ):
        one.start(wait=False)
        other.start(wait=False)
        for sim in (one, other):
            sim.wait_until("/health/ready")
        jobs = [add(sim) for _ in range(15) for sim in (one, other)]
        parcels = [announce(sim, f"ref-{number}") for number in range(15) for sim in (one, other)]
        assert len(set(jobs)) == 30
        assert len(set(parcels)) == 15
        eventually("all is told", lambda: all_is_told(receiver, jobs, parcels))
        eventually("nothing waits", lambda: rows(database, "SELECT count(*) FROM sim.deliveries") == [(0,)])
        for job in jobs:
            assert sorted(told(receiver, "job", job)) == JOB
        for parcel in set(parcels):
            assert sorted(told(receiver, "parcel", parcel)) == PARCEL_STEPS
        # One clock for both.
        httpx.post(f"{one.url}/sim/clock", json={"speed": 7, "paused": True})
        shown = httpx.get(f"{other.url}/sim/clock").json()
        assert (shown["speed"], shown["paused"]) == (7, True)


def test_a_stop_lets_go_of_no_webhook_that_is_on_its_way(tmp_path: Path, database: str) -> None:
    """What is being posted is posted, and does not come again."""
    arrived, go_on = threading.Event(), threading.Event()

    def slow(_: object) -> tuple[int, str]:
        arrived.set()
        go_on.wait(60)
        return 200, "{}"

    with http_receiver(slow) as receiver, simulator(tmp_path, database, receiver) as sim:
        sim.start()
        job = add(sim)
        httpx.post(f"{sim.url}/sim/jobs/{job}/start")
        assert arrived.wait(60)
        stopping = threading.Thread(target=sim.stop)
        stopping.start()
        eventually("it stops", lambda: "Shutting down" in sim.output())
        go_on.set()
        stopping.join()
        assert rows(database, "SELECT count(*) FROM sim.deliveries") == [(0,)]
        assert told(receiver, "job", job) == ["job.started"]


def test_a_database_that_is_reset_under_it(tmp_path: Path, database: str, receiver: HttpReceiver) -> None:
    with simulator(tmp_path, database, receiver, speed="2000") as sim:
        sim.start()
        httpx.post(f"{sim.url}/sim/clock", json={"speed": 0})
        before = add(sim)
        wipe(database)
        sim.wait_until("/health/ready")
        assert httpx.get(f"{sim.url}/sim/jobs").json() == []
        assert httpx.get(f"{sim.url}/sim/clock").json()["speed"] == 2000
        after = add(sim)
        eventually("it goes on", lambda: sorted(told(receiver, "job", after)) == JOB)
        # By hand, the schema alone: the platform still has rows with the ids of before.
        eventually("the schema is dropped", lambda: dropped(database))
        eventually("another second has begun", lambda: add(sim) not in (before, after))
        assert sim.wait_until("/health/ready").json()["status"] == "ok"


def test_a_database_that_comes_up_later(
    tmp_path: Path, postgres_server: Postgres, receiver: HttpReceiver
) -> None:
    url = postgres_server.url("comes_up_later")
    with simulator(tmp_path, url, receiver) as sim:
        sim.start()
        ready = sim.wait_until("/health/ready", 503).json()
        assert [(check["name"], check["state"]) for check in ready["checks"]] == [("postgres", "down")]
        reason = "provider-sim waits for its database (OperationalError)"
        queue = httpx.get(f"{sim.url}/simplyprint/1/queue/GetItems", headers=KEY)
        assert (queue.status_code, queue.json()) == (503, {"status": False, "message": reason})
        parcels = f"{sim.url}/sendcloud/api/v2/parcels"
        parcel = httpx.post(parcels, json={"parcel": dict(PARCEL)}, auth=AUTH)
        assert (parcel.status_code, parcel.json()) == (
            503,
            {"error": {"code": 503, "request": "api/v2/parcels", "message": reason}},
        )
        clock = httpx.get(f"{sim.url}/sim/clock")
        assert (clock.status_code, clock.json(), clock.headers["Retry-After"]) == (
            503,
            {"detail": reason},
            "1",
        )
        # What needs no database goes on.
        assert httpx.get(f"{sim.url}/simplyprint/1/account/Test", headers=KEY).status_code == 200
        postgres_server.execute(sql.SQL("CREATE DATABASE comes_up_later"))
        sim.wait_until("/health/ready")
        job = add(sim)
        httpx.post(f"{sim.url}/sim/jobs/{job}/start")
        eventually("it is told", lambda: told(receiver, "job", job) == ["job.started"])


def test_tables_of_another_version_are_created_anew_and_ids_go_on(
    tmp_path: Path, database: str, receiver: HttpReceiver
) -> None:
    with simulator(tmp_path, database, receiver) as sim:
        sim.start()
        before = add(sim)
        sim.stop()
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("ALTER TABLE sim.jobs DROP COLUMN uid")
            connection.execute("COMMENT ON SCHEMA sim IS 'provider-sim of before'")
        sim.start()
        assert "of another version of the simulator" in sim.output()
        assert httpx.get(f"{sim.url}/sim/jobs").json() == []
        assert add(sim) == before + 1


def test_its_tables_are_no_business_of_the_migrations(
    tmp_path: Path, database: str, receiver: HttpReceiver
) -> None:
    with simulator(tmp_path, database, receiver) as sim:
        sim.start()
        sim.wait_until("/health/ready")
    assert rows(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'sim'") == [(4,)]
    models()
    engine = create_engine(driver_url(database))
    with engine.connect() as connection:
        assert (
            compare_metadata(
                MigrationContext.configure(connection, opts={"include_name": has_a_model}), Base.metadata
            )
            == []
        )
    engine.dispose()


def test_an_unusual_url_is_taken(tmp_path: Path, database: str, receiver: HttpReceiver) -> None:
    with simulator(tmp_path, f"{database}?schema=public", receiver) as sim:
        sim.start()
        assert sim.wait_until("/health/ready").json()["status"] == "ok"
