"""An ASGI application, watched. Each request is a scope of its own, each task another."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import itertools
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from devprobe.digest import leaves, shape
from devprobe.files import Files
from devprobe.memory import Memory, Snapshot
from devprobe.records import Records, scope
from devprobe.settings import LOOK, PROBE, Settings
from devprobe.tracing import Tracing

__all__ = ["Watched"]

_KEPT = 1 << 16
_SHORTEST = 4
_EMPTY = (("NoneType", None), ("bool", False))

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class _Exchange:
    """What was asked and answered, as far as it is kept: to tell what a variable has from it."""

    def __init__(self, scope_: _Message) -> None:
        self._text = [scope_.get("raw_path") or b"", scope_.get("query_string") or b""]
        self._text += [value for _, value in scope_.get("headers", ())]
        self._size = 0

    def add(self, part: bytes) -> None:
        if self._size < _KEPT:
            self._text.append(part)
            self._size += len(part)

    def text(self) -> str:
        return b"\n".join(self._text).decode("latin-1")


class Watched:
    """The application that the settings name, which is imported here: files are watched from before."""

    def __init__(self, settings: Settings) -> None:
        self._records = Records(settings)
        self._files = Files(self._records)
        self._files.watch()
        self._memory = Memory(settings)
        self._tracing: Tracing | None = None
        self._numbers = itertools.count(1)
        self._active = 0
        self._latest: Snapshot | None = None
        module, _, attribute = settings.app.partition(":")
        self._app: Any = importlib.import_module(module)
        for name in attribute.split("."):
            self._app = getattr(self._app, name)
        self._memory.outside = contextvars.copy_context()
        if settings.traced:
            self._tracing = Tracing(self._records, self._memory, settings.traced)
            self._tracing.start()

    def __getattr__(self, name: str) -> Any:
        """Whoever serves it asks for its `state`."""
        return getattr(self._app, name)

    async def __call__(self, asked: _Message, receive: _Receive, send: _Send) -> None:
        kind = asked["type"]
        if kind == "lifespan":
            asyncio.get_running_loop().set_task_factory(self._task)
            self._memory.state = asked.get("state", {})
            await self._app(asked, receive, send)
        elif kind == "http" and asked["path"] == LOOK:
            self._compare("")
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        elif kind == "http" and asked["path"] in self._records.settings.probes:
            self._compare("")
            await self._app(asked, receive, send)
            self._compare(PROBE)
        else:
            await self._request(asked, receive, send)

    async def _request(self, asked: _Message, receive: _Receive, send: _Send) -> None:
        what = f"{asked.get('method', 'WebSocket')} {asked['path']}"
        mine = (f"{what} #{next(self._numbers)}",)
        entered = scope.set(mine)
        exchange = _Exchange(asked)

        async def receiving() -> _Message:
            message = await receive()
            exchange.add(message.get("body") or b"")
            return message

        async def sending(message: _Message) -> None:
            exchange.add(message.get("body") or b"")
            last = message["type"] == "http.response.body" and not message.get("more_body")
            if last and self._active == 1:  # once it is out, the next request may come
                self._compare(what, exchange)
            await send(message)

        short = asked["type"] == "http"
        if short and not self._active:
            self._compare("")
        if self._tracing:
            self._tracing.find()
        self._active += short
        try:
            await self._app(asked, receiving, sending)
        finally:
            self._active -= short
            if short and not self._active:
                self._compare(what, exchange)
            self._files.left(mine)
            scope.reset(entered)

    def _task(self, loop: asyncio.AbstractEventLoop, work: Any, /, **options: Any) -> asyncio.Task[Any]:
        """A task of its own scope, below that which begins it."""
        context = options.pop("context", None) or contextvars.copy_context()
        mine = (*scope.get(), f"task {getattr(work, '__qualname__', 'of a library')} #{next(self._numbers)}")
        context.run(scope.set, mine)
        return asyncio.Task(work, loop=loop, context=context, **options)

    def _compare(self, request: str, exchange: _Exchange | None = None) -> None:
        """Notes which variables have changed since the last time: in a request, or (empty) outside of one."""
        if not self._records.settings.memory:
            return
        try:
            self._compare_all(self._memory, request, exchange)
        except Exception as problem:  # what watches must not change what it watches
            self._records.write("missed", event="variables", problem=repr(problem))

    def _compare_all(self, memory: Memory, request: str, exchange: _Exchange | None) -> None:
        before, now = self._latest, memory.snapshot()
        self._latest = now
        if before is None:
            return
        for key, (slot, content) in now.digests.items():
            known = before.digests.get(key)
            if (known and known[1] == content) or (known is None and slot.holder not in before.holders):
                continue  # what came with the object that holds it has not changed
            value = slot.read()
            first = known is None or known[1] in _EMPTY
            self._records.write(
                "changed", key=key, title=slot.title, file=slot.file, line=slot.line,
                decorated=slot.decorated, own=slot.own, request=request,
                shape=shape(value), first=first, copied=exchange is not None and _has_from(value, exchange, memory),
            )  # fmt: skip


def _has_from(value: object, exchange: _Exchange, memory: Memory) -> bool:
    """Whether a variable holds something of what was asked or answered."""
    text = exchange.text()
    return any(len(leaf) >= _SHORTEST and leaf in text for leaf in leaves(value, memory.is_own))
