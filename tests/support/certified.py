"""A server that speaks TLS with a certificate of its own issuer, and a proxy that leads to it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.polling import PATIENCE

__all__ = ["certified_server", "make_issuer", "silent_server", "tunnel_proxy"]


def make_issuer(folder: Path, name: str) -> Path:
    """A CA's certificate (its key is beside it), and `server.pem`, a certificate for localhost that it issued."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    folder.mkdir()
    ca, key, server, request = (folder / name for name in ("ca.pem", "ca.key", "server.pem", "server.csr"))
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    for call in (
        ["req", "-x509", *made, "-subj", f"/O={name}", "-keyout", key, "-out", ca],
        ["req", *made[:3], "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out", request],
        ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", server],
    ):  # fmt: skip
        subprocess.run([openssl, *map(str, call)], check=True, capture_output=True)
    return ca


@contextmanager
def certified_server(folder: Path) -> Iterator[int]:
    """The port of a server with the certificate in `folder`, which hangs up after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    with _serving(answer) as port:
        yield port


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes calls and never says a word."""
    held: list[socket.socket] = []
    with _serving(lambda connection: held.append(connection.dup())) as port:
        yield port
    for connection in held:
        connection.close()


@contextmanager
def tunnel_proxy(asked: list[str]) -> Iterator[int]:
    """The port of a proxy that knows CONNECT alone; what it is asked for goes to `asked`."""

    def answer(connection: socket.socket) -> None:
        head = connection.recv(4096).decode()
        asked.append(head.split()[1])
        host, _, port = asked[-1].rpartition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(target, connection), daemon=True)
            back.start()
            _pump(connection, target)
            back.join(PATIENCE)

    with _serving(answer) as port:
        yield port


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(4096):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def _serving(answer: object) -> Iterator[int]:
    assert callable(answer)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(PATIENCE)
                answer(connection)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
