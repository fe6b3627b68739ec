"""The fork server seen from the one who asks it: start children, hear of their output, their end and their debuggers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devserve import wire
from devserve.forks import launch

__all__ = ["Child", "ForkClient", "ForkRefused", "ForkServerGone"]


class ForkRefused(Exception):
    """The fork server cannot do what was asked; the reason, fit to be shown."""


class ForkServerGone(Exception):
    """The fork server has ended, and with it everything that it ran."""


class Child:
    """A running child. `ended` resolves to its exit code, negative for a signal; `output` is None where it writes to this
    process's own. `told`: somebody has told it to end."""

    def __init__(self, pid: int, output: asyncio.StreamReader | None) -> None:
        self.pid = pid
        self.output = output
        self.told = False
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()


class ForkClient:
    """Starts a fork server and talks to it. One request at a time; reports of ended children come in between.

    `spawning`: it starts Python processes as fresh interpreters, which find nothing preloaded.
    """

    def __init__(self, *, spawning: bool = False) -> None:
        self.spawning = spawning
        self._lock = asyncio.Lock()
        self._children: dict[int, Child] = {}
        self._early: dict[int, int] = {}
        self._reply: asyncio.Future[dict[str, Any]] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._reader: asyncio.Task[None] | None = None
        self.preloaded = asyncio.Event()
        self.on_death: Callable[[], None] = lambda: None
        self.on_debugger: Callable[[int, int], None] = lambda _port, _clients: None

    @property
    def pid(self) -> int:
        """The fork server's process id."""
        assert self._process is not None
        return self._process.pid

    def launch(
        self, environment: Mapping[str, str], preload: Sequence[str], output: int | None = None
    ) -> None:
        """Starts the process, which imports the modules in `preload` while it waits for requests. Before `connect`, and
        outside a loop too.

        `output` is a file descriptor for the little that the process writes itself (inherited by default).
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = launch(theirs, environment, output, spawning=self.spawning)
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
        """Sends a request and returns its reply. Raises ForkRefused, or ForkServerGone.

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
                raise ForkServerGone from None
            if "error" in reply:
                raise ForkRefused(str(reply["error"]))
            return reply

    async def spawn(self, message: Mapping[str, object], *, piped: bool = True) -> Child:
        """Starts a child with its output on a pipe, or on this process's own. Raises as `request`."""
        if not piped:
            return self._born((await self.request({**message, "do": "start"}, (1,)))["pid"], None)
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
        return self._born(reply["pid"], reader)

    def _born(self, pid: int, output: asyncio.StreamReader | None) -> Child:
        child = Child(pid, output)
        self._children[pid] = child
        if pid in self._early:
            self._children.pop(pid)
            child.ended.set_result(self._early.pop(pid))
        return child

    async def close(self) -> None:
        """Closes the control socket: the fork server ends, and anything that still runs with it."""
        if self._socket is None or self._process is None:
            return
        self.on_death = lambda: None
        if self._reader:
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
                messages, buffer = wire.unpack(buffer + data)
                for message in messages:
                    self._take(message)
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
