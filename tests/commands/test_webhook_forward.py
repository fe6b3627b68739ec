"""`devkit webhook listen`: passing on, choosing topics, secrets of one's own; and what arrives cannot steer the terminal."""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path

import httpx
import pytest
from signatures import scheme

from tests.support.demo import Demo
from tests.support.polling import PATIENCE, looks
from tests.support.storage import free_port
from tests.support.webhook_clone import webhook_clone
from tests.support.webhook_listener import listening
from tests.support.webhook_receiver import Received, serving

BODY = b'{ "id": 9007199254740993, "note": "f\xc3\xbcr" }\n'
SECRET = "a-secret-of-somebody"


class Kept:
    """Takes everything, and remembers it."""

    methods = ("POST", "PUT")
    limit = 2**20

    def __init__(self, status: int = 200) -> None:
        self.status, self.got = status, list[Received]()

    def answer(self, request: Received) -> int:
        self.got.append(request)
        return self.status


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return webhook_clone(tmp_path_factory.mktemp("clone"), examples=False)


def kept(clone: Demo) -> int:
    return len(list((clone.root / ".devkit" / "webhooks").glob("*.json")))


def test_what_arrives_is_passed_on_byte_for_byte(clone: Demo) -> None:
    receiver = Kept(status=202)
    with serving(receiver) as url, listening(clone, "--forward-to", url) as listener:
        sent = [
            (b"X-Shopify-Topic", b"orders/paid"),
            (b"X-Twice", b"1"),
            (b"X-Twice", b"2"),
            (b"X-Odd", b"\xc3\xa4"),
        ]
        answer = httpx.post(listener.url + "/elsewhere", content=iter([BODY[:9], BODY[9:]]), headers=sent)
        assert answer.status_code == 200, "its own answer, not the other's"
        listener.next()
        assert f"→ {url}: 202 in " in listener.next()
    (got,) = receiver.got
    assert (got.body, got.path) == (BODY, "/hook")
    assert [pair for pair in got.headers if pair[0].startswith("x-")] == [
        ("x-shopify-topic", "orders/paid"), ("x-twice", "1"), ("x-twice", "2"), ("x-odd", "Ã¤"),
    ]  # fmt: skip
    assert ("content-length", str(len(BODY))) in got.headers
    assert dict(got.headers)["user-agent"].startswith("python-httpx"), "the sender's own"


def test_one_that_is_not_passed_on_is_one_line(clone: Demo) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    with listening(clone, "--forward-to", url) as listener:
        for _ in range(2):
            assert httpx.post(listener.url, content=BODY).status_code == 200
            listener.next()
            assert listener.next().endswith(f"→ {url}: nothing listens there\n")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            ("--forward-to", "http://10.1.1.1/"),
            5,
            "10.1.1.1 is not this machine: what is passed on may hold a secret",
        ),
        (("--forward-to", "localhost:8400"), 2, "--forward-to localhost:8400: not an http(s):// URL"),
        (("--port", "8499", "--forward-to", "http://127.0.0.1:8499/x"), 2, "that is this listener itself"),
        (("--secret-env", "NOT_SET_ANYWHERE"), 2, "the variable NOT_SET_ANYWHERE is not set, or blank"),
        (("--secret-env", "whsec_abc+/="), 2, "takes the name of a variable, never its value"),
        (("--secret-env", "HOME", "--secret-stdin"), 2, "--secret-env and --secret-stdin exclude each other"),
        (("--secret-name", "NO_SUCH"), 2, "this clone has no secret NO_SUCH"),
    ],
)
def test_mistakes_are_explained(clone: Demo, options: tuple[str, ...], code: int, message: str) -> None:
    done = clone.devkit("webhook", "listen", *options, check=False, stdin="")
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "abc+" not in done.stderr


def test_only_the_topics_that_are_asked_for(clone: Demo) -> None:
    receiver, before = Kept(), kept(clone)
    with (
        serving(receiver) as url,
        listening(clone, "--topic", "orders/*", "--topic", "ping", "--forward-to", url) as listener,
    ):
        for topic in ("products/update", "orders/paid", "app/uninstalled"):
            signed = {"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": "AAAA"}
            assert httpx.post(listener.url, content=b"{}", headers=signed).status_code == 200
        httpx.post(listener.url, content=b"{}")
        form = {"X-GitHub-Event": "ping", "X-Hub-Signature-256": "sha256=00"}
        httpx.post(listener.url, content=b"payload=%7B%7D", headers=form)
        shown = [listener.next() for _ in range(4)]
    assert ["shopify orders/paid" in shown[0], "github ping" in shown[2]] == [True, True], shown
    assert len(receiver.got) == 2
    assert kept(clone) - before == 2


@pytest.mark.parametrize("way", ["env", "stdin"])
def test_a_secret_of_ones_own(clone: Demo, way: str) -> None:
    given = {"env": ("--secret-env", "MY_HOOK"), "stdin": ("--secret-stdin",)}[way]
    signed = scheme("stripe").sign(SECRET, BODY, timestamp=int(time.time()))
    with listening(clone, *given, stdin=SECRET if way == "stdin" else "", MY_HOOK=SECRET) as listener:
        httpx.post(listener.url, content=BODY, headers=signed)
        assert "signature valid" in listener.next()
        httpx.post(listener.url, content=BODY + b" ", headers=signed)
        line = listener.next()
    name = "MY_HOOK" if way == "env" else "the secret given"
    assert f"signature invalid with {name}" in line
    assert SECRET not in line + listener.said


def test_verify_and_send_take_it_from_the_environment_too(clone: Demo, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    signature = scheme("github").sign(SECRET, BODY)["X-Hub-Signature-256"]
    done = clone.devkit(
        "webhook", "verify", "--body", str(tmp_path / "body"), "--header", f"X-Hub-Signature-256: {signature}",
        "--secret-env", "MY_HOOK", MY_HOOK=SECRET,
    )  # fmt: skip
    assert "is valid with MY_HOOK" in done.stdout
    receiver = Kept()
    with serving(receiver) as url:
        clone.devkit(
            "webhook", "github", "ping", "--payload", str(tmp_path / "body"), "--to", url, "--secret-env", "MY_HOOK", MY_HOOK=SECRET
        )  # fmt: skip
    assert scheme("github").verify(SECRET, receiver.got[0].body, dict(receiver.got[0].headers))


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=PATIENCE)


def test_a_client_that_goes_away_is_one_line(clone: Demo) -> None:
    before = kept(clone)
    with listening(clone) as listener:
        with connect(listener.url) as connection:
            connection.sendall(b"POST /reset HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert listener.next() == "the client reset the connection\n"
        with connect(listener.url) as connection:
            connection.sendall(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        assert listener.next() == "POST /half: the client closed the connection after 1 of 500 bytes\n"
        assert httpx.post(listener.url, content=b"{}").status_code == 200, "it goes on"
        assert "POST /" in listener.next()
    assert kept(clone) - before == 1, "half a body is no webhook"


@pytest.mark.parametrize(
    ("head", "status", "line"),
    [
        (b"Content-Length: 1e3", 400, "Content-Length is '1e3'"),
        (b"Content-Length: -5", 400, "Content-Length is '-5'"),
        (b"Content-Length: " + b"9" * 5000, 413, "more than anybody sends"),
        (b"Transfer-Encoding: chunked", 400, "a chunk without its size"),
    ],
)
def test_what_is_no_request_is_one_line(clone: Demo, head: bytes, status: int, line: str) -> None:
    with listening(clone) as listener, connect(listener.url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\nzz\r\n\r\n")
        assert connection.recv(100).startswith(f"HTTP/1.1 {status} ".encode())
        assert line in listener.next()


EVIL = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b5A\r\x08evil\u0085"


def test_nothing_that_arrives_steers_the_terminal(clone: Demo) -> None:
    raw = EVIL.encode("latin-1")
    with listening(clone, "--body") as listener:
        for body in (
            b'{"type": "a\\u001b[2Jb\\nc"}',
            b"line\n" + raw + b"\nline",
        ):
            with connect(listener.url) as connection:
                connection.sendall(
                    b"POST /a" + raw.replace(b"\r", b"") + b" HTTP/1.1\r\nHost: x\r\nStripe-Signature: " + raw.replace(b"\r", b"")
                    + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                )  # fmt: skip
                connection.recv(100)
        with connect(listener.url) as connection:
            connection.sendall(raw + b" / nonsense\r\n\r\n")
            connection.recv(100)
        shown = ""
        for _ in looks():
            while not listener.lines.empty():
                shown += listener.lines.get()
            if shown.count("evil") >= 5 and "Bad request" in shown:
                break
    assert not [c for c in shown if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f"], repr(shown)
    assert "stripe ab c" in shown, "a topic stays on its line"
