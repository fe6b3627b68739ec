"""The relays between real clients and real servers: what goes through is what it was, and every effect is seen, held and lost
at the right moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import psycopg
import pytest
import redis.asyncio
import redis.asyncio.retry
import redis.backoff
from devkit.crash.effects import Effect, Struck
from devkit.crash.http_relay import relay_http
from devkit.crash.postgres_relay import relay_postgres
from devkit.crash.redis_relay import relay_redis
from devkit.crash.streams import Pair

from tests.support.storage import RedisServer

FUNCTIONS = {"enter": "enter", "public.enter": "enter"}


class Seen:
    """A tap that kills at one effect, on one side, and lists what it sees."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.strike: tuple[str, str] | None = None
        self.uncertain = False

    async def before(self, effect: Effect) -> int:
        self._meet(effect, "before")
        return 1

    async def after(self, effect: Effect, nth: int | None) -> None:
        del nth
        self._meet(effect, "after")
        self.effects.append(f"{effect.kind} {effect.what}")

    def is_uncertain(self, effect: Effect) -> bool:
        del effect
        return self.uncertain

    def _meet(self, effect: Effect, side: str) -> None:
        if self.strike is not None and self.strike[1] == side and self.strike[0] in effect.what:
            raise Struck


@contextlib.asynccontextmanager
async def through(port: int, relay: Callable[[Pair, Pair], Awaitable[None]]) -> AsyncIterator[int]:
    """The port of a relay to `port`."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        client, server = Pair(reader, writer), Pair(*await asyncio.open_connection("127.0.0.1", port))
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, Struck, asyncio.CancelledError):
            try:
                await relay(client, server)
            finally:
                client.abort()
                server.abort()

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        listening.close()
        for task in tasks:
            task.cancel()


@pytest.fixture(scope="module")
def notes(database_url: str) -> str:
    """A database with a table and a function that writes into it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE notes (id serial PRIMARY KEY, text text)")
        connection.execute("CREATE TABLE past (text text)")
        connection.execute(
            "CREATE FUNCTION enter(what text) RETURNS int LANGUAGE sql VOLATILE AS "
            "$$ INSERT INTO notes (text) SELECT what WHERE what <> '' RETURNING id $$"
        )
    return database_url


@contextlib.asynccontextmanager
async def postgres(url: str, seen: Seen, **options: object) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection through the relay."""
    parts = httpx.URL(url)

    async def relay(client: Pair, server: Pair) -> None:
        await relay_postgres(client, server, seen, "shop", FUNCTIONS)

    async with through(parts.port or 5432, relay) as port:
        connection = await psycopg.AsyncConnection.connect(str(parts.copy_with(port=port)), **options)  # type: ignore[arg-type]
        try:
            yield connection
        finally:
            with contextlib.suppress(psycopg.Error):
                await connection.close()


def count(url: str, text: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM notes WHERE text = %s", (text,)).fetchone()
    assert row is not None
    return int(row[0])


def test_transactions_are_one_effect_each(notes: str) -> None:
    async def run() -> list[str]:
        seen = Seen()
        async with postgres(notes, seen) as connection:
            for text in ("a", "b"):
                await connection.execute("INSERT INTO notes (text) VALUES (%s)", (text,))
                await connection.execute("SELECT id FROM notes WHERE text = %s FOR UPDATE", (text,))
                await connection.execute("UPDATE notes SET text = text WHERE text = %s", (text,))
                await connection.execute("DELETE FROM notes WHERE text = 'nobody wrote this'")
                await connection.commit()
            await connection.execute("SELECT 1")
            await connection.commit()
            both = "WITH a AS (INSERT INTO notes (text) VALUES ('c')) INSERT INTO past (text) SELECT 1 WHERE false"
            await connection.execute(both)
            await connection.commit()
            await connection.execute("INSERT INTO notes (text) VALUES ('undone')")
            await connection.rollback()
            async with connection.transaction(), connection.cursor() as cursor:
                await cursor.execute("SELECT enter('by a function')")
                await cursor.execute("SELECT enter('')")
        return seen.effects

    assert asyncio.run(run()) == [
        *["commit insert notes, update notes"] * 2, "commit insert notes, insert past", "commit call enter",
    ]  # fmt: skip


def test_without_transactions_each_statement_is_one(notes: str) -> None:
    async def run() -> list[str]:
        seen = Seen()
        async with postgres(notes, seen, autocommit=True) as connection:
            seen.uncertain = True
            await connection.execute("SELECT enter('')")
            assert seen.effects == [], "nothing was there to do"
            await connection.execute("SELECT enter('something')")
            seen.uncertain = False
            await connection.execute(
                "WITH gone AS (DELETE FROM notes RETURNING id) SELECT count(*) FROM gone"
            )
            await connection.execute(
                "INSERT INTO notes (text) VALUES ('x') ON CONFLICT (id) DO UPDATE SET text = 'y'"
            )
            await connection.execute("select text from notes -- insert into notes")
        return seen.effects

    assert asyncio.run(run()) == ["commit call enter", "commit delete notes", "commit insert notes"]


def test_what_goes_through_is_what_it_was(notes: str) -> None:
    """Large rows, errors, prepared statements, pipelines, COPY and notifications."""

    async def run() -> None:
        seen = Seen()
        async with postgres(notes, seen, autocommit=True) as connection:
            for number in range(8):  # the sixth is prepared
                row = await (
                    await connection.execute("SELECT repeat('x', %s::int)", (number * 90_000,))
                ).fetchone()
                assert row is not None
                assert len(row[0]) == number * 90_000
            with pytest.raises(psycopg.errors.UndefinedTable):
                await connection.execute("SELECT * FROM nowhere")
            async with connection.pipeline():
                answers = [await connection.execute("SELECT %s::int", (number,)) for number in range(50)]
            assert [(await answer.fetchone() or (None,))[0] for answer in answers] == list(range(50))
            async with connection.cursor() as cursor:
                async with cursor.copy("COPY notes (text) FROM STDIN") as copy:
                    for number in range(3000):
                        await copy.write_row((f"copied {number}",))
                await cursor.executemany("INSERT INTO notes (text) VALUES (%s)", [("many",)] * 100)
            await connection.execute("LISTEN bell")
            await connection.execute("SELECT pg_notify('bell', 'rung')")
            heard = [each async for each in connection.notifies(timeout=5, stop_after=1)]
            assert [each.payload for each in heard] == ["rung"]

    asyncio.run(run())
    assert (count(notes, "copied 2999"), count(notes, "many")) == (1, 100)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("autocommit", [True, False])
def test_a_kill_comes_before_the_commit_or_after_it(notes: str, side: str, autocommit: bool) -> None:
    text = f"{side} {autocommit}"

    async def run() -> None:
        seen = Seen()
        seen.strike = ("insert notes", side)
        async with postgres(notes, seen, autocommit=autocommit) as connection:
            insert = connection.execute("INSERT INTO notes (text) VALUES (%s)", (text,))
            if not autocommit:
                await insert
            with pytest.raises(psycopg.OperationalError):
                await (insert if autocommit else connection.commit())

    asyncio.run(run())
    assert count(notes, text) == (side == "after")


def test_commands_of_redis(redis: RedisServer) -> None:
    async def run() -> list[str]:
        seen = Seen()

        async def relay(client: Pair, server: Pair) -> None:
            await relay_redis(client, server, seen, "shop")

        async with through(redis.port, relay) as port:
            client = redis_client(port)
            await client.set("session:0123456789abcdef0123", "x" * 300_000)
            assert await client.strlen("session:0123456789abcdef0123") == 300_000
            async with client.pipeline(transaction=True) as pipeline:
                pipeline.incr("visits")
                pipeline.incr("visits")
                assert await pipeline.execute() == [1, 2]
            assert await client.eval("return {1, {'a', false}}", 1, "limits:7") == [1, [b"a", None]]
            with pytest.raises(redis_error()):
                await client.lpush("visits", "x")
            async with client.pubsub() as listening:
                await listening.subscribe("news")
                await listening.get_message(timeout=5)
                assert await client.publish("news", "something") == 1
                heard = await listening.get_message(timeout=5)
                assert heard is not None
                assert heard["data"] == b"something"
            await client.aclose()
        return seen.effects

    assert asyncio.run(run()) == [
        "redis SET session:*", "redis STRLEN session:*", "redis MULTI", "redis INCRBY visits", "redis INCRBY visits", "redis EXEC",
        "redis EVAL limits:*", "redis LPUSH visits", "redis PUBLISH news",
    ]  # fmt: skip


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_kill_comes_before_a_command_or_after_it(redis: RedisServer, side: str) -> None:
    async def run() -> int:
        seen = Seen()
        seen.strike = ("SET", side)

        async def relay(client: Pair, server: Pair) -> None:
            await relay_redis(client, server, seen, "shop")

        async with through(redis.port, relay) as port:
            client = redis_client(port)
            with pytest.raises(redis_error("ConnectionError")):
                await client.set(f"kept {side}", "yes")
            await client.aclose()
        direct = redis_client(redis.port)
        found = await direct.exists(f"kept {side}")
        await direct.aclose()
        return found

    assert asyncio.run(run()) == (side == "after")


def redis_client(port: int) -> redis.asyncio.Redis:
    """Without tries of its own."""
    return redis.asyncio.Redis(port=port, retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0))


def redis_error(name: str = "ResponseError") -> type[Exception]:
    """One of the client's."""
    found: type[Exception] = getattr(redis.exceptions, name)
    return found


class Shop:
    """A server by HTTP that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                size = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                body = await reader.readexactly(size)
                if b"upgrade: echo" in head.lower():
                    writer.write(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
                    )
                    while data := await reader.read(1 << 16):
                        writer.write(data)
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for part in (body[:5], body[5:]):
                    if part:
                        writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                writer.write(b"0\r\n\r\n")


@contextlib.asynccontextmanager
async def shop(seen: Seen) -> AsyncIterator[tuple[Shop, int]]:
    """A shop, and the port of a relay to it."""
    made = Shop()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)

    async def relay(client: Pair, beyond: Pair) -> None:
        await relay_http(client, beyond, seen, "front", "shop")

    async with through(server.sockets[0].getsockname()[1], relay) as port:
        yield made, port
    server.close()


def test_requests_are_a_call_and_an_answer(redis: RedisServer) -> None:
    del redis

    async def run() -> list[str]:
        seen = Seen()
        async with (
            shop(seen) as (made, port),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            for number in range(3):
                answer = await client.post(f"/orders/{number}?x=1", content=b"y" * 200_000)
                assert answer.content == b"y" * 200_000
            assert (await client.head("/health")).status_code == 200
            assert made.asked == 4
        return seen.effects

    assert asyncio.run(run()) == ["call POST /orders/* at shop"] * 3 + ["call HEAD /health at shop"]


def test_another_protocol_goes_through() -> None:
    async def run() -> bytes:
        async with shop(Seen()) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /live HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            assert b"101" in await reader.readuntil(b"\r\n\r\n")
            writer.write(b"hello")
            said = await reader.readexactly(5)
            writer.close()
            return said

    assert asyncio.run(run()) == b"hello"


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_kill_comes_before_a_call_or_after_it(side: str) -> None:
    async def run() -> int:
        seen = Seen()
        seen.strike = ("POST /orders at shop", side)
        async with (
            shop(seen) as (made, port),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            with pytest.raises(httpx.TransportError):
                await client.post("/orders", content=b"one")
            return made.asked

    assert asyncio.run(run()) == (side == "after")
