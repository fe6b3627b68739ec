"""Calls to services that go away and come back: real uvicorn processes on a socket that outlives them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx
import pytest
from common.calls import ONCE, Budget, service_client
from common.trace import TraceContext
from stamina.instrumentation import RetryDetails, RetryHook, set_on_retry_hooks
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.support.polling import PATIENCE
from tests.support.storage import free_port

# It counts its requests in a file, and its first process ends in the middle of the first one, as at SIGKILL.
_CODE = """
import os, sys
import uvicorn

counted, dies = sys.argv[2], sys.argv[3] == "dies"

async def app(scope, receive, send):
    with open(counted, "a") as file:
        file.write(scope["method"] + "\\n")
    if dies:
        os._exit(1)
    headers = [(name, value) for name, value in scope["headers"] if name in (b"traceparent", b"x-request-id")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"here"})

uvicorn.run(app, fd=int(sys.argv[1]), lifespan="off", log_config=None)
"""


@dataclass
class Service:
    """One process after the other on the same port, the first of which ends at its first request."""

    url: str
    counted: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def requests(self) -> list[str]:
        return self.counted.read_text().split()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = Service(f"http://127.0.0.1:{listener.getsockname()[1]}", tmp_path / "counted")

        def start(how: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", _CODE, str(listener.fileno()), str(one.counted), how]
            one.started.append(
                subprocess.Popen(command, pass_fds=[listener.fileno()], env={"PATH": os.defpath})
            )
            return one.started[-1]

        def one_after_the_other() -> None:
            start("dies").wait()
            start("lives")

        restarting = threading.Thread(target=one_after_the_other)
        restarting.start()
        yield one
        if restarting.is_alive():
            one.started[0].kill()
        restarting.join()
        for process in one.started:
            process.kill()
            process.wait()


@contextmanager
def slamming() -> Iterator[tuple[str, list[int]]]:
    """The URL of something that takes each connection and closes it without an answer, and how many there were."""
    taken = [0]
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

        def slam() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if not connection.recv(65536):
                        return
                    taken[0] += 1

        thread = threading.Thread(target=slam)
        thread.start()
        port = listener.getsockname()[1]
        yield f"http://127.0.0.1:{port}", taken
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


def called(url: str, work: Callable[[httpx.AsyncClient], Awaitable[httpx.Response | list[object]]]) -> object:
    async def run() -> object:
        async with service_client(url, {"key": "k"}, httpx.Timeout(PATIENCE), httpx.Limits()) as client:
            return await work(client)

    return asyncio.run(run())


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_restart_in_the_middle_of_a_call_is_not_seen(service: Service, method: str) -> None:
    answer = called(service.url, lambda client: client.request(method, "/"))
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 200
    assert service.requests() == [method, method]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_have_been_done_is_not_repeated(service: Service, method: str) -> None:
    with pytest.raises(httpx.TransportError):
        called(service.url, lambda client: client.request(method, "/"))
    assert service.requests() == [method]


def test_a_question_after_its_state_is_asked_once(service: Service) -> None:
    with pytest.raises(httpx.TransportError):
        called(service.url, lambda client: client.get("/", extensions=ONCE))
    assert service.requests() == ["GET"]


def test_a_dead_service_is_not_hammered() -> None:
    calls = 100

    async def ask(client: httpx.AsyncClient) -> list[object]:
        asked = (client.get("/") for _ in range(calls))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    with slamming() as (url, taken):
        failed = called(url, ask)
    assert isinstance(failed, list)
    assert all(isinstance(each, httpx.TransportError) for each in failed)
    assert taken[0] == calls + 10


@contextmanager
def at_each_repetition(hook: Callable[[RetryDetails], None]) -> Iterator[None]:
    set_on_retry_hooks([cast("RetryHook", hook)])
    try:
        yield
    finally:
        set_on_retry_hooks(None)


def test_a_refused_connection_is_tried_again() -> None:
    """The service is back by then."""
    port = free_port()
    with ExitStack() as stack:

        def come_back(_: RetryDetails) -> None:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", port)))
            threading.Thread(target=answer, args=(listener,)).start()

        def answer(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        with at_each_repetition(come_back):
            found = called(f"http://127.0.0.1:{port}", lambda client: client.get("/"))
    assert isinstance(found, httpx.Response)
    assert found.status_code == 204


def test_refused_connections_cost_the_same_budget() -> None:
    repeated: list[RetryDetails] = []

    async def ask(client: httpx.AsyncClient) -> list[object]:
        posted = (client.post("/") for _ in range(30))
        asked = (client.get("/") for _ in range(30))
        return list(await asyncio.gather(*posted, *asked, return_exceptions=True))

    with at_each_repetition(repeated.append):
        failed = called(f"http://127.0.0.1:{free_port()}", ask)
    assert isinstance(failed, list)
    assert {type(each) for each in failed} == {httpx.ConnectError}
    assert len(repeated) == 10


def test_answers_fill_the_budget() -> None:
    budget = Budget(most=2, share=0.5)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    budget.answered()
    assert not budget.take()
    budget.answered()
    assert [budget.take(), budget.take()] == [True, False]
    for _ in range(100):
        budget.answered()
    assert [budget.take() for _ in range(3)] == [True, True, False]


def test_the_trace_and_the_name_go_along(service: Service) -> None:
    parent = "00-8c18b9b9d5c5a7f7f82295c6c19ca569-00f067aa0ba902b7-01"
    heard: dict[str, str] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with service_client(service.url, {}, httpx.Timeout(PATIENCE), httpx.Limits()) as client:
            heard.update((await client.get("/")).headers)
        await Response()(scope, receive, send)

    async def run() -> None:
        transport = httpx.ASGITransport(TraceContext(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as caller:
            await caller.get("/", headers={"traceparent": parent, "X-Request-Id": "shop-41"})

    asyncio.run(run())
    assert heard["traceparent"] == parent
    assert heard["x-request-id"] == "shop-41"
