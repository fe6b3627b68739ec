"""Whoever changes a database takes turns, on a real Postgres; who waits in vain is told for whom."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import psycopg
import pytest
from devkit.base.errors import DevkitError
from devkit.database.locks import is_locked, lock_holders, lock_timeout, take_turn
from devkit.database.server import WaitPolicy
from psycopg import sql
from sqlalchemy import create_engine, exc, text
from sqlalchemy.pool import NullPool

from tests.support.polling import PATIENCE, looks
from tests.support.storage import Postgres


@pytest.fixture(scope="module")
def url(postgres_server: Postgres) -> str:
    """A database with one table, which is not the server's `postgres`."""
    url = postgres_server.create()
    with psycopg.connect(url) as connection:
        connection.execute("create table orders (id int)")
    return url


@pytest.fixture
def here(url: str) -> Iterator[psycopg.Connection]:
    """Who asks."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def policy(seconds: float, said: list[str] | None = None) -> WaitPolicy:
    return WaitPolicy(lock_seconds=seconds, progress=(said if said is not None else []).append)


def refusal(here: psycopg.Connection, seconds: float = 0, said: list[str] | None = None) -> DevkitError:
    with pytest.raises(DevkitError) as refused:
        take_turn(here, policy(seconds, said))
    return refused.value


def test_the_second_is_told_who_has_the_turn(url: str, here: psycopg.Connection) -> None:
    said: list[str] = []
    with psycopg.connect(url, autocommit=True, application_name="devkit db migrate, pid 7") as first:
        take_turn(first, policy(0, said))
        assert said == []
        take_turn(first, policy(0, said))  # it has it already
        problem = refusal(here, 1.3, said)
        pid = first.info.backend_pid
        holder = rf"held by pid {pid} \(devkit db migrate, pid 7\), idle, for \d+ s"
        assert re.fullmatch(rf"waited 1 s for a lock in the database: {holder}", problem.message)
        assert problem.fix == "wait for it, or end it: select pg_terminate_backend(PID)"
        # Told once, however often it was looked; the time that it has been held is no news.
        (told,) = said
        assert re.fullmatch(f"another migration or reset is running: {holder}", told)
    take_turn(here, policy(PATIENCE))


def test_the_turn_comes_when_the_first_has_gone(url: str, here: psycopg.Connection) -> None:
    told = threading.Event()
    with psycopg.connect(url, autocommit=True) as first:
        take_turn(first, policy(0))
        patience = WaitPolicy(lock_seconds=PATIENCE, progress=lambda _: told.set())
        second = threading.Thread(target=take_turn, args=(here, patience))
        second.start()
        assert told.wait(PATIENCE)
        assert second.is_alive()
    second.join(PATIENCE)
    assert not second.is_alive()
    with psycopg.connect(url, autocommit=True) as third:
        assert f"held by pid {here.info.backend_pid}" in refusal(third).message


@pytest.mark.parametrize("backwards", [False, True])
def test_another_holder_is_news(url: str, here: psycopg.Connection, backwards: bool) -> None:
    """In whatever order their numbers come."""
    both = sorted(
        (psycopg.connect(url, autocommit=True) for _ in range(2)),
        key=lambda connection: str(connection.info.backend_pid),
        reverse=backwards,
    )
    pids = [connection.info.backend_pid for connection in both]
    holders, said = list(both), list[str]()

    def told(what: str) -> None:
        said.append(what)
        holders.pop(0).close()
        for following in holders:
            take_turn(following, policy(PATIENCE))

    take_turn(holders[0], policy(0))
    take_turn(here, WaitPolicy(lock_seconds=PATIENCE, progress=told))
    assert [f"pid {pid} " in line for pid, line in zip(pids, said, strict=True)] == [True, True]


def test_every_version_of_devkit_takes_turns_with_every_other(url: str, here: psycopg.Connection) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(x'6465766B6974'::bigint)")
        assert f"held by pid {other.info.backend_pid} " in refusal(here).message


def test_who_says_no_name_is_told_by_address(url: str, here: psycopg.Connection) -> None:
    with psycopg.connect(url, application_name="") as first:
        take_turn(first, policy(0))
        assert re.search(r"\(unnamed, from 127\.0\.0\.1\), idle in transaction, for ", refusal(here).message)


def test_each_database_has_turns_of_its_own(
    postgres_server: Postgres, url: str, here: psycopg.Connection
) -> None:
    with psycopg.connect(postgres_server.create(), autocommit=True) as elsewhere:
        take_turn(elsewhere, policy(0))
        take_turn(here, policy(0))


def test_other_advisory_locks_are_not_the_turn(url: str, here: psycopg.Connection) -> None:
    """The key's halves the other way round, each half by itself, and the same number as two keys."""
    high, low = divmod(0x6465766B6974, 2**32)
    low -= 2**32 if low >= 2**31 else 0
    with psycopg.connect(url, autocommit=True) as other:
        for keys in ((low, high), (high, low), (high, 0), (0, low)):
            other.execute("select pg_advisory_lock(%s::int, %s::int)", keys)
        take_turn(here, policy(0))
        with psycopg.connect(url, autocommit=True) as third:
            message = refusal(third).message
        assert message.count("held by") == 1
        assert f"pid {here.info.backend_pid} " in message


def test_whoever_touched_a_table_holds_others_up(url: str, here: psycopg.Connection) -> None:
    """The longest first, three at most, none that only reads the catalogue, none of another database."""
    assert lock_holders(here, policy(2)).message == (
        "waited 2 s for a lock in the database: it has just been released: try again"
    )
    with psycopg.connect(url, autocommit=True) as reader, reader.transaction():
        reader.execute("select count(*) from pg_class")
        assert "it has just been released" in lock_holders(here, policy(2)).message
        opened = [psycopg.connect(url, application_name=f"number {n}") for n in range(4)]
        try:
            for number, each in enumerate(opened):
                each.execute("select * from orders")
                if number == 0:
                    _wait_for_age(here, each.info.backend_pid)
            message = lock_holders(here, policy(2)).message
            assert message.count("held by pid") == 3
            assert message.count("; held by") == 2
            assert "(number 0), idle in transaction, for " in message.split(";")[0]
            assert "; it" not in message
        finally:
            for each in opened:
                each.close()


def test_an_advisory_lock_holds_a_migration_up_too(url: str, here: psycopg.Connection) -> None:
    with psycopg.connect(url, autocommit=True, application_name="alembic") as other:
        other.execute("select pg_advisory_lock(1)")
        assert "(alembic), idle, for " in lock_holders(here, policy(0)).message


def test_what_a_lock_that_was_waited_for_too_long_looks_like(url: str, here: psycopg.Connection) -> None:
    with psycopg.connect(url) as holder:
        holder.execute("lock table orders")
        here.execute("set lock_timeout = 1")
        with pytest.raises(psycopg.errors.LockNotAvailable) as plain, here.transaction():
            here.execute("lock table orders")
        assert is_locked(plain.value)
        assert is_locked(exc.OperationalError("lock table orders", {}, plain.value))
    with pytest.raises(psycopg.errors.UndefinedTable) as other:
        here.execute("select * from nowhere")
    assert not is_locked(other.value)
    assert not is_locked(ValueError())


@pytest.fixture(scope="module")
def latin(postgres_server: Postgres) -> str:
    """A database whose text is not UTF-8."""
    settings = "encoding 'LATIN1' locale 'C' template template0"
    postgres_server.execute(sql.SQL(f"create database latin {settings}"))
    return postgres_server.url("latin").replace("postgresql:", "postgresql+psycopg:")


@pytest.mark.parametrize(("seconds", "limit"), [(2.5, "2500ms"), (1, "1s"), (0, "1ms"), (0.0001, "1ms")])
def test_the_limit_is_for_connections_made_meanwhile(latin: str, seconds: float, limit: str) -> None:
    """It outlives a transaction that is taken back."""
    engine = create_engine(latin, poolclass=NullPool)

    def shown() -> tuple[object, ...]:
        names = ("lock_timeout", "client_encoding")
        with engine.connect() as connection:
            connection.execute(text("select 1"))
            connection.rollback()
            return tuple(connection.execute(text(f"show {name}")).scalar() for name in names)

    before = shown()
    with lock_timeout(seconds):
        assert shown() == (limit, "UTF8")
    assert shown() == before == ("0", "LATIN1")
    with pytest.raises(ZeroDivisionError), lock_timeout(seconds):
        raise ZeroDivisionError
    assert shown() == before


def _wait_for_age(here: psycopg.Connection, pid: int) -> None:
    """Until a transaction is a second older than those to come."""
    query = "select clock_timestamp() - xact_start > interval '1.1 s' from pg_stat_activity where pid = %s"
    for _ in looks():
        if here.execute(query, (pid,)).fetchone() == (True,):
            return
    raise AssertionError("the transaction has no age")
