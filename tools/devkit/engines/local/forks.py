"""The supervisor's side of the fork server: start children, hear of their output and their end."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from devserve import wire
from devserve.forks import launch

from devkit.base.errors import DevkitError

__all__ = ["INHERITED", "Child", "ForkServer", "inherited"]

# What children inherit from the shell. Nothing else: a DATABASE_URL there must not reach a service.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CACHE_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SYSTEMROOT",
)  # fmt: skip


def inherited() -> dict[str, str]:
    """The part of this process's environment that children get."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


class Child:
    """A running child. `ended` resolves to its exit code, negative for a signal."""

    def __init__(self, pid: int, output: asyncio.StreamReader) -> None:
        self.pid = pid
        self.output = output
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()


class ForkServer:
    """Starts the fork server and talks to it. One request at a time; reports of ended children come in between."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._children: dict[int, Child] = {}
        self._early: dict[int, int] = {}
        self._reply: asyncio.Future[dict[str, Any]] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.preloaded = asyncio.Event()
        self.on_death: Callable[[], None] = lambda: None
        self.on_debugger: Callable[[int, int], None] = lambda _port, _clients: None

    @property
    def pid(self) -> int:
        """The fork server's process id."""
        assert self._process is not None
        return self._process.pid

    def launch(self, log: Path, preload: Sequence[str]) -> None:
        """Starts the process, which imports the modules in `preload` while it waits for requests.

        `log` receives what the process itself may write (normally nothing).
        """
        ours, theirs = socket.socketpair()
        with log.open("ab") as output:
            self._process = launch(theirs, inherited(), output.fileno())
        theirs.close()
        wire.send(ours, {"do": "preload", "modules": list(preload), "quiet": True})
        ours.setblocking(False)
        self._socket = ours

    async def connect(self) -> None:
        """Begins to listen to the process."""
        self._reader = asyncio.create_task(self._read())

    def abandon(self) -> None:
        """Ends a process that was launched for nothing."""
        if self._socket and self._process:
            self._socket.close()
            self._process.wait()

    async def request(
        self, message: Mapping[str, object], descriptors: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        """Sends a request and returns its reply. Raises DevkitError when the fork server refuses or is gone.

        A caller may be cancelled; the exchange is finished all the same, or the next one would get this one's reply.
        """
        exchange = asyncio.create_task(self._exchange(message, descriptors))
        exchange.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(exchange)

    async def _exchange(self, message: Mapping[str, object], descriptors: tuple[int, ...]) -> dict[str, Any]:
        async with self._lock:
            assert self._socket is not None
            self._reply = asyncio.get_running_loop().create_future()
            data = wire.pack(dict(message))
            try:
                if descriptors:
                    sent = socket.send_fds(self._socket, [data[:4]], list(descriptors))
                    data = data[sent:]
                await asyncio.get_running_loop().sock_sendall(self._socket, data)
                reply = await self._reply
            except OSError:
                raise DevkitError(
                    "devkit's process server has ended", hint="./devkit down, then up"
                ) from None
            if "error" in reply:
                raise DevkitError(str(reply["error"]))
            return reply

    async def spawn(self, message: Mapping[str, object]) -> Child:
        """Starts a child with its output on a pipe."""
        readable, writable = os.pipe()
        try:
            reply = await self.request({**message, "do": "start"}, (writable,))
        except BaseException:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 20)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(readable, "rb"))
        child = Child(reply["pid"], reader)
        self._children[child.pid] = child
        if child.pid in self._early:
            child.ended.set_result(self._early.pop(child.pid))
        return child

    async def close(self) -> None:
        """Closes the control socket: the fork server ends, and anything that still runs with it."""
        if self._socket is None or self._process is None:
            return
        self.on_death = lambda: None
        self._reader.cancel()
        self._socket.close()
        await asyncio.to_thread(self._process.wait)

    async def _read(self) -> None:
        """Takes what the fork server says until it ends; whatever ends this reader counts as its death."""
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        buffer = b""
        try:
            while data := await loop.sock_recv(self._socket, 65536):
                buffer += data
                while len(buffer) >= 4 and len(buffer) - 4 >= (size := struct.unpack("!I", buffer[:4])[0]):
                    self._take(json.loads(buffer[4 : 4 + size]))
                    buffer = buffer[4 + size :]
        except OSError:
            pass
        finally:
            if self._reply and not self._reply.done():
                self._reply.set_exception(ConnectionError("the fork server ended"))
            self.on_death()

    def _take(self, message: dict[str, Any]) -> None:
        if "preloaded" in message:
            self.preloaded.set()
            return
        if "debug_port" in message:
            self.on_debugger(message["debug_port"], message["clients"])
            return
        if "reply" in message:
            assert self._reply is not None
            self._reply.set_result(message["reply"])
            return
        child = self._children.pop(message["exit"], None)
        if child is None:
            self._early[message["exit"]] = message["status"]
        elif not child.ended.done():
            child.ended.set_result(message["status"])
