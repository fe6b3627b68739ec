"""devkit's own port-forward: a loopback port here that leads to whichever pod of a service is ready now.

Unlike `kubectl port-forward` it is not tied to one pod: each new connection goes to the newest ready one. It does not
use `kubernetes.stream.portforward`, which buffers without bounds and drops what is still to come when one side has
finished sending.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.pods import newest_ready, pods_path
from devkit.cluster.sockets import UpgradeRefused, stream

__all__ = ["forward"]

_CHUNK = 2**16
# The protocol cannot tell the pod that a client has finished sending. After that, an answer may still come for so long.
_LINGER = 5.0
_DATA, _ERROR = b"\x00", 1


@contextmanager
def forward(
    cluster: Cluster,
    namespace: str,
    app: str,
    port: int,
    *,
    local_port: int = 0,
    on_problem: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """Listens on 127.0.0.1 while the block runs and yields the port there (`local_port`, or a free one).

    A connection that cannot be made is closed at once, and `on_problem` is told why. Raises DevkitError (exit 5) when
    `local_port` is taken.

    >>> with forward(cluster, "shop-dev", "postgres", 5432) as port:
    ...     psycopg.connect(f"postgresql://shop@127.0.0.1:{port}/shop")
    """
    running = _Forward(cluster, namespace, app, port, on_problem or (lambda _: None))
    thread = threading.Thread(target=running.run, args=(local_port,), name=f"forward-{app}", daemon=True)
    thread.start()
    running.started.wait()
    try:
        if running.failure is not None:
            raise DevkitError(
                f"127.0.0.1:{local_port} cannot be listened on: {running.failure.strerror or running.failure}",
                fix="another program uses it; choose another port",
                exit_code=ExitCode.REFUSED,
            )
        yield running.listening
    finally:
        running.stop()
        thread.join()


class _Forward:
    def __init__(
        self, cluster: Cluster, namespace: str, app: str, port: int, on_progress: Callable[[str], None]
    ) -> None:
        self._cluster, self._namespace, self._app, self._port = cluster, namespace, app, port
        self._on_progress = on_progress
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self.started = threading.Event()
        self.failure: OSError | None = None
        self.listening = 0

    def run(self, local_port: int) -> None:
        asyncio.run(self._serve(local_port))

    def stop(self) -> None:
        if self._loop is not None and self._done is not None:
            with contextlib.suppress(RuntimeError):  # ended already
                self._loop.call_soon_threadsafe(self._done.set)

    async def _serve(self, local_port: int) -> None:
        clients: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            clients.add(task)
            try:
                await self._client(reader, writer)
            finally:
                clients.discard(task)

        try:
            server = await asyncio.start_server(accept, "127.0.0.1", local_port, limit=_CHUNK, backlog=128)
        except OSError as problem:
            self.failure = problem
            self.started.set()
            return
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        self.listening = server.sockets[0].getsockname()[1]
        self.started.set()
        await self._done.wait()
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            pod = await asyncio.to_thread(newest_ready, self._cluster, self._namespace, self._app)
            if pod is None:
                raise UpgradeRefused(f"no pod of {self._app} is ready in {self._namespace}")
            path = f"{pods_path(self._namespace)}/{pod.name}/portforward"
            async with stream(self._cluster, path, [("ports", str(self._port))]) as socket:
                await self._pump(reader, writer, socket)
        except DevkitError as problem:
            self._on_progress(problem.message)
        except UpgradeRefused as problem:
            self._on_progress(str(problem))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            # Cut, not flushed: a peer that reads no more must not hold the end up. What was written is awaited above.
            writer.close() if not writer.transport.get_write_buffer_size() else writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket: ClientConnection
    ) -> None:
        heard = asyncio.Event()
        down = asyncio.create_task(self._down(socket, writer, heard))
        up = asyncio.create_task(_up(reader, socket))
        try:
            await asyncio.wait((down, up), return_when=asyncio.FIRST_COMPLETED)
            while not down.done():
                heard.clear()
                await asyncio.wait((down,), timeout=_LINGER)
                if not heard.is_set():
                    break
            if down.done():
                down.result()
        finally:
            for task in (down, up):
                task.cancel()
            await asyncio.gather(down, up, return_exceptions=True)

    async def _down(
        self, socket: ClientConnection, writer: asyncio.StreamWriter, heard: asyncio.Event
    ) -> None:
        """From the pod to the client. Each channel's first frame repeats the port; the second channel is for errors."""
        opened: set[int] = set()
        with contextlib.suppress(ConnectionClosed):
            async for frame in socket:
                if not isinstance(frame, bytes) or not frame:
                    continue
                heard.set()
                channel = frame[0]
                if channel not in opened:
                    opened.add(channel)
                elif channel == _ERROR:
                    raise UpgradeRefused(self._said(frame[1:]))
                else:
                    writer.write(frame[1:])
                    await writer.drain()
        while writer.transport.get_write_buffer_size():  # all of it must be out before the client is closed
            await asyncio.sleep(0.01)

    def _said(self, text: bytes) -> str:
        """The runtime's words; of the common case only what counts."""
        words = text.decode("utf-8", "replace").strip()
        if "connection refused" in words.lower():
            return f"nothing listens on port {self._port} in {self._app} (connection refused)"
        return words


async def _up(reader: asyncio.StreamReader, socket: ClientConnection) -> None:
    """From the client to the pod, until the client has finished."""
    with contextlib.suppress(ConnectionClosed, ConnectionError):
        while data := await reader.read(_CHUNK):
            await socket.send(_DATA + data)
