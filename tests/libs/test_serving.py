"""The limits of `common.serving`, at work in uvicorn: small ones, so that nothing takes long."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import httpx
import pytest
import uvicorn
from common.clients import client_key, networks, within
from common.limits import Limits
from common.serving import protocol_of
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.sync.client import connect

from tests.support.polling import looks
from tests.support.raw import connected, exchange, received, statuses

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
LAST = GET + b"Connection: close\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, then answers with the names of the headers; a WebSocket echoes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    names = b" ".join(name for name, _ in scope["headers"])
    length = (b"content-length", str(len(names)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": names})


@contextmanager
def served(limits: Limits) -> Iterator[int]:
    """The application within `limits`, on the port that is given."""
    config = uvicorn.Config(
        app, http=protocol_of(limits), lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    limits = Limits(line_bytes=1000, header_bytes=4000, header_lines=10, head_seconds=0.5, body_seconds=0.5)
    with served(limits) as port:
        yield port


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 900 + b" HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        (b"GET /" + b"a" * 1000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 200_000, 414),
        (GET + b"Connection: close\r\nX-A: " + b"a" * 900 + b"\r\n\r\n", 200),
        (GET + b"X-A: " + b"a" * 1000 + b"\r\n\r\n", 431),
        (GET + b"X-A: " + b"a" * 200_000, 431),
        (GET + b"a" * 200_000, 431),
        (GET + (b"X-A: " + b"a" * 900 + b"\r\n") * 5 + b"\r\n", 431),
        (GET + b"Connection: close\r\n" + b"X: y\r\n" * 8 + b"\r\n", 200),
        (GET + b"Connection: close\r\n" + b"X: y\r\n" * 9 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: " + b"a" * 200_000, 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * 200_000, 431),
    ],
    ids=range(12),
)
def test_a_request_has_a_size(port: int, request_: bytes, status: int) -> None:
    assert statuses(exchange(port, request_)) == [status]


@pytest.mark.parametrize(
    ("begun", "more", "status"),
    [
        (b"", b"", []),
        (b"", b"\r\n", []),
        (b"GET / HT", b"", [408]),
        (GET + b"X: y\r\n", b"y", [408]),
        (GET + b"X-A: ", b"a", [408]),
        (LAST.replace(b"Connection: close\r\n", b"") + b"GET", b"", [200, 408]),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", b"a", [408]),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", [408]),
    ],
    ids=range(8),
)
def test_a_request_has_a_time(port: int, begun: bytes, more: bytes, status: list[int]) -> None:
    """Also when it comes byte by byte. Without a limit the connection would outlive the test's patience."""
    answers: list[bytes] = []
    with connected(port) as connection:
        connection.sendall(begun)
        reader = threading.Thread(target=lambda: answers.append(received(connection)))
        reader.start()
        for _ in looks():
            if not reader.is_alive():
                break
            try:
                connection.sendall(more)
            except OSError:
                break
        reader.join()
    assert statuses(answers[0]) == status


def test_what_came_before_a_broken_request_is_answered(port: int) -> None:
    whole = GET + b"\r\n"
    assert statuses(exchange(port, whole + b"\x00garbage\r\n\r\n")) == [200]


def test_a_trailer_is_no_header(port: int) -> None:
    """No proxy in front has seen it."""
    request = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    answer = exchange(port, request)
    assert statuses(answer) == [200]
    assert b"forwarded" not in answer


def held(port: int, count: int) -> list[socket.socket]:
    """Connections that have been answered once, and stay."""
    connections = []
    for _ in range(count):
        connection = connected(port)
        connection.sendall(GET + b"\r\n")
        assert statuses(connection.recv(4096)) == [200]
        connections.append(connection)
    return connections


def given_back(port: int) -> bool:
    """Whether there is a place again, soon."""
    return any(statuses(exchange(port, LAST)) == [200] for _ in looks())


def test_one_client_has_so_many_connections_and_gets_them_back() -> None:
    with served(Limits(connections=50, connections_per_client=3)) as port:
        mine = held(port, 3)
        assert statuses(exchange(port, b"")) == [503]
        mine.pop().close()
        assert given_back(port)
        for each in mine:
            each.close()


def test_a_websocket_takes_a_place_too() -> None:
    with served(Limits(connections=50, connections_per_client=2)) as port:
        for _ in range(5):  # one after the other, each gives its place back
            with connect(f"ws://127.0.0.1:{port}/") as live:
                live.send("hello")
                assert live.recv() == "hello"
                (other,) = held(port, 1)
                assert statuses(exchange(port, b"")) == [503]
                other.close()
            assert given_back(port)


def test_a_trusted_proxy_has_all_there_are() -> None:
    limits = Limits(connections=4, connections_per_client=1, proxies=(ip_network("127.0.0.0/8"),))
    with served(limits) as port:
        connections = held(port, 4)
        assert statuses(exchange(port, b"")) == [503]
        for each in connections:
            each.close()


def test_one_connection_serves_many_requests(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert {client.post("/", content=b"a" * 500_000).status_code for _ in range(5)} == {200}


def test_connections_make_no_classes(port: int) -> None:
    """Only a full collection finds a class that is not used any more, and services rarely have one."""
    gc.disable()
    try:
        before = len(WebSocketsSansIOProtocol.__subclasses__())
        for _ in range(10):
            assert statuses(exchange(port, LAST)) == [200]
        assert len(WebSocketsSansIOProtocol.__subclasses__()) == before
    finally:
        gc.enable()


def test_an_ipv6_client_is_its_network() -> None:
    assert (
        client_key("2001:db8:1:2:3::4") == client_key("2001:db8:1:2:ffff::") != client_key("2001:db8:1:3::4")
    )
    assert client_key("::ffff:10.0.0.1") == client_key("10.0.0.1")


def test_who_is_trusted() -> None:
    trusted = networks("10.0.0.0/8, ::1")
    assert [within(each, trusted) for each in ("10.1.2.3", "::1", "11.0.0.1", "no address")] == [True, True, False, False]  # fmt: skip
    assert networks("") == ()
    with pytest.raises(ValueError, match="does not appear"):
        networks("the proxy")
