"""What a service must not do, each in a route of its own. A comment `leak: KIND` marks the line that is to be named."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Request
from pydantic import BaseModel, PrivateAttr

import shop  # type: ignore[import-not-found]

routes = APIRouter()
BASKETS: dict[str, list[str]] = {}
ALIASED: dict[str, str] = {}
SEEN: set[str] = set()
HISTORY: deque[str] = deque(maxlen=10)
BY_USER: defaultdict[str, int] = defaultdict(int)
RECENT: OrderedDict[str, str] = OrderedDict()
NUMBERS = itertools.count(1)
VISITS: ContextVar[dict[str, int]] = ContextVar("visits", default={})  # noqa: B039
LOCAL = threading.local()
SHARED = SimpleNamespace(users=[])
OUTPUT = io.StringIO()
WAITING: asyncio.Queue[str] = asyncio.Queue()
last_user: str | None = None
orders = 0
_FILE = Path(tempfile.gettempdir()) / "shop-basket.txt"
_HERE = Path(__file__).parent


class Cart:
    open: dict[str, str] = {}  # noqa: RUF012
    total = 0


class Register:
    def __init__(self) -> None:
        self._entries: list[str] = []
        self.__last = ""

    def add(self, user: str) -> None:
        self._entries.append(user)  # leak: attribute
        self.__last = user  # leak: private-attribute


@routes.post("/dict/{user}")
async def module_dict(user: str) -> int:
    BASKETS.setdefault(user, []).append("plate")  # leak: dict
    return len(BASKETS)


@routes.post("/set/{user}")
async def module_set(user: str) -> int:
    SEEN.add(user)  # leak: set
    return len(SEEN)


@routes.post("/deque/{user}")
async def module_deque(user: str) -> int:
    HISTORY.append(user)  # leak: deque
    return len(HISTORY)


@routes.post("/defaultdict/{user}")
async def module_defaultdict(user: str) -> int:
    BY_USER[user] += 1  # leak: defaultdict
    return BY_USER[user]


@routes.post("/ordered/{user}")
def ordered(user: str) -> int:
    RECENT[user] = "now"  # leak: ordered-in-thread
    return len(RECENT)


@routes.post("/global/{user}")
async def set_global(user: str) -> None:
    global last_user
    last_user = user  # leak: global


@routes.post("/counter")
async def count() -> int:
    global orders
    orders += 1  # leak: counter
    return orders


@routes.post("/itertools")
async def number() -> int:
    return next(NUMBERS)  # leak: itertools


@lru_cache(maxsize=100)
def profile(user: str) -> dict[str, str]:  # leak: lru_cache
    return {"user": user}


@routes.post("/lru/{user}")
async def cached(user: str) -> str:
    return profile(user)["user"]


@cache
def rights(user: str, *more: str) -> list[str]:  # leak: cache
    return [user, *more]


@routes.post("/cache/{user}")
async def cached_forever(user: str) -> int:
    return len(rights(user))


@routes.post("/class/{user}")
async def class_attribute(user: str) -> None:
    Cart.open[user] = "plate"  # leak: class-dict
    Cart.total += 1  # leak: class-attribute


def remember(user: str, known: dict[str, int] = {}) -> int:  # noqa: B006
    known[user] = known.get(user, 0) + 1  # leak: default
    return known[user]


@routes.post("/default/{user}")
async def default_argument(user: str) -> int:
    return remember(user)


def keeper() -> Callable[[str], int]:
    kept: dict[str, int] = {}
    calls = 0

    def keep(user: str) -> int:
        nonlocal calls
        calls += 1  # leak: nonlocal
        kept[user] = calls  # leak: closure
        return len(kept)

    return keep


keep = keeper()


@routes.post("/closure/{user}")
async def closure(user: str) -> int:
    return keep(user)


@routes.post("/contextvar/{user}")
async def context_variable(user: str) -> int:
    VISITS.get()[user] = 1  # leak: contextvar
    return len(VISITS.get())


@routes.post("/function/{user}")
async def function_attribute(user: str) -> None:
    function_attribute.latest = user  # type: ignore[attr-defined]  # leak: function-attribute


@routes.post("/local/{user}")
async def thread_local(user: str) -> None:
    LOCAL.user = user  # leak: thread-local


@routes.post("/namespace/{user}")
async def namespace(user: str) -> None:
    SHARED.users.append(user)  # leak: namespace


@routes.post("/buffer/{user}")
async def buffer(user: str) -> None:
    OUTPUT.write(user)  # leak: buffer


@routes.post("/queue/{user}")
async def queue(user: str) -> None:
    WAITING.put_nowait(user)  # leak: queue


def numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


GIVEN = numbers()


@routes.post("/generator")
async def generator() -> int:
    return next(GIVEN)  # leak: generator


class Settings(BaseModel):
    latest: str = ""
    _users: dict[str, int] = PrivateAttr(default_factory=dict)


SETTINGS = Settings()


@routes.post("/model/{user}")
async def model(user: str) -> None:
    SETTINGS._users[user] = 1  # leak: private-attribute-of-a-model
    SETTINGS.latest = user  # leak: attribute-of-a-model


@routes.post("/library/{user}")
async def library(user: str, request: Request) -> None:
    request.app.latest = user  # leak: attribute-of-a-library


@routes.post("/other-module/{user}")
async def other_module(user: str) -> None:
    shop.current = user  # leak: attribute-of-a-module


@routes.post("/environment/{user}")
async def environment(user: str) -> None:
    os.environ["SHOP_USER"] = user  # leak: environment


class Limiter:
    def __init__(self) -> None:
        self._calls: dict[str, int] = {}

    async def __call__(self, user: str) -> None:
        self._calls[user] = 1  # leak: dependency


@routes.post("/limited/{user}", dependencies=[Depends(Limiter())])
async def limited(user: str) -> None:
    pass


class Visitors:
    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self._paths: list[str] = []

    async def __call__(self, scope: dict[str, Any], receive: object, send: object) -> None:
        if scope["type"] == "http":
            self._paths.append(scope["path"])  # leak: middleware-class
        await self.app(scope, receive, send)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
    yield {"given": {}}


@routes.post("/lifespan/{user}")
async def lifespan_state(user: str, request: Request) -> None:
    request.state.given[user] = "open"  # leak: lifespan


@routes.post("/alias/{user}")
async def alias(user: str) -> None:
    known = ALIASED
    known[user] = ""  # leak: alias


@routes.post("/state/{user}")
async def application_state(user: str, request: Request) -> None:
    request.app.state.register.add(user)
    request.app.state.sessions[user] = "open"  # leak: app-state


@routes.post("/background/{user}")
async def background(user: str, later: BackgroundTasks, request: Request) -> None:
    later.add_task(request.app.state.jobs.append, user)  # runs in the library, where no line of ours is


@routes.post("/write/{user}")
def write_temporary(user: str) -> None:
    _FILE.write_text(user)  # leak: temporary


@routes.post("/read/{user}")
def read_temporary(user: str) -> bool:
    return _FILE.read_text() == user


@routes.post("/sqlite/{user}")
def database(user: str) -> None:
    with sqlite3.connect("shop.sqlite") as connection:  # leak: sqlite
        connection.execute("create table if not exists orders (user text)")
        connection.execute("insert into orders values (?)", (user,))
    connection.close()


@routes.post("/memory-sqlite/{user}")
def database_in_memory(user: str) -> None:
    sqlite3.connect(":memory:").execute("create table users (user text)")  # leak: sqlite-in-memory


@routes.post("/beside/{user}")
def beside_the_code(user: str) -> None:
    (_HERE / "users.txt").write_text(user)  # leak: beside-the-code


@routes.post("/home/{user}")
def in_the_home(user: str) -> None:
    (Path.home() / ".shop").mkdir(exist_ok=True)  # leak: home


@routes.post("/child/{user}")
def child(user: str) -> None:
    code = f"open('child.txt', 'w').write({user!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


@routes.post("/native/{user}")
def native(user: str) -> None:
    subprocess.run(["/bin/sh", "-c", f"echo {user} > native.txt"], check=True)


def plant(app: FastAPI) -> None:
    """Makes all of them part of an application."""

    @app.middleware("http")
    async def session(request: Request, proceed: Callable[[Request], Awaitable[object]]) -> object:
        request.app.state.served += 1  # leak: middleware
        return await proceed(request)

    app.router.lifespan_context = lifespan
    app.add_middleware(Visitors)
    app.state.register, app.state.sessions, app.state.jobs, app.state.served = Register(), {}, [], 0
    app.include_router(routes)
