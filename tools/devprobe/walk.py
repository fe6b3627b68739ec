"""Walks through a process from the repository's own modules: their classes, functions and objects, and what can be reached
from there."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from devprobe.definitions import definitions
from devprobe.digest import CACHE, NAMESPACES, attributes, contents, is_container
from devprobe.own import anywhere, defaults, defined, own_modules, plain, written
from devprobe.settings import Settings
from devprobe.slots import Slot

__all__ = ["Walk"]

# How many objects of others lie between two of the repository's own: middleware is a chain.
_FAR, _OBJECTS, _ELEMENTS = 16, 30_000, 300
# Libraries with large books of their own, in which nothing leads back to the repository's objects.
_PRIVATE = {
    "alembic", "devprobe", "httpcore", "jinja2", "opentelemetry", "psycopg", "psycopg_pool", "pydantic", "pydantic_core", "redis", "sentry_sdk",
    "sqlalchemy", "typing_extensions", "uvicorn", *sys.stdlib_module_names,
}  # fmt: skip
_GROUPS = (dict, list, tuple, set, frozenset, deque)
_PASSED_OVER = (
    types.ModuleType, types.CodeType, types.FrameType, types.BuiltinFunctionType, types.CoroutineType, types.GeneratorType,
    types.TracebackType, str, bytes, int, float, bool, type(None), threading.Thread, asyncio.BaseProtocol,
)  # fmt: skip
# Where libraries keep their own books about a class of ours.
_BOOKKEEPING = ("__", "_abc_", "_sa_", "model_")


class Walk:
    """One walk. `is_own` says of a class whether it is the repository's, `outside` is the context that context variables are
    read in, `state` what the application's lifespan gives to requests. `holders` grows while `slots` is gone through."""

    def __init__(
        self,
        settings: Settings,
        is_own: Callable[[type], bool],
        outside: contextvars.Context,
        state: dict[str, Any],
    ) -> None:
        self._settings, self._is_own, self._context, self._state = settings, is_own, outside, state
        self._modules = own_modules(settings)
        self._seen: set[int] = set()
        self._alive: list[object] = []  # an id stands for an object only as long as that lives
        self._left = _OBJECTS
        self.holders: set[int] = set()

    def slots(self) -> Iterator[Slot]:
        """Every variable, in an order that does not depend on requests."""
        later = []
        for name, module, file in self._modules:
            self.holders.add(id(module))
            for variable, value in list(vars(module).items()):
                place = defined(self._modules, name, file, variable)
                if place is None or isinstance(value, types.ModuleType):
                    continue
                key = f"{name}:{variable}"
                if not isinstance(value, type | types.FunctionType):
                    read = partial(vars(module).__getitem__, variable)
                    yield from self._variable(key, variable, *place, read, holder=id(module))
                later.append((key, variable, *place, value))
        for key, title, file, line, value in later:
            yield from self._reach(value, key, title, file, line, 0)
        yield from self._given()

    def _given(self) -> Iterator[Slot]:
        """What the application's lifespan gives to every request: `request.state`."""
        self.holders.add(id(self._state))
        module = sys.modules.get(self._settings.app.partition(":")[0])
        for name, value in list(self._state.items()):
            key, title = f"request.state:{name}", f"request.state.{name}"
            place = anywhere(self._modules, f"state.{name}") or (str(getattr(module, "__file__", "")), 0)
            yield from self._variable(
                key, title, *place, partial(self._state.get, name), holder=id(self._state)
            )
            yield from self._reach(value, key, title, *place, 0)

    def _variable(
        self,
        key: str,
        title: str,
        file: str,
        line: int,
        read: Callable[[], Any],
        *,
        own: bool = True,
        holder: int = 0,
        thread: int = 0,
    ) -> Iterator[Slot]:
        value = read()
        if isinstance(value, CACHE):
            return  # of a function, where it is met
        if isinstance(value, contextvars.ContextVar):
            yield Slot(key, title, file, line, partial(_at_first, value))
            yield Slot(f"{key} now", title, file, line, partial(self._outside, value))
            return
        yield Slot(key, title, file, line, read, own, holder, thread=thread)

    def _outside(self, variable: contextvars.ContextVar[Any]) -> Any:
        return self._context.copy().run(_in_context, variable)

    def _reach(self, value: object, key: str, title: str, file: str, line: int, far: int) -> Iterator[Slot]:
        """What can be reached from an object that is a variable's value, or an element of it."""
        if issubclass(type(value), _PASSED_OVER) or id(value) in self._seen or self._left <= 0 or far > _FAR:
            return
        self._seen.add(id(value))
        self._alive.append(value)
        self._left -= 1
        if isinstance(value, types.MethodType):
            yield from self._reach(value.__self__, key, title, file, line, far)
            yield from self._reach(value.__func__, key, title, file, line, far)
        elif isinstance(value, partial):
            for each in (value.func, *value.args, *value.keywords.values()):
                yield from self._reach(each, key, title, file, line, far + 1)
        elif isinstance(value, property):
            for each in (value.fget, value.fset):
                yield from self._reach(each, key, title, file, line, far)
        elif isinstance(value, staticmethod | classmethod):
            yield from self._reach(value.__func__, key, title, file, line, far)
        elif isinstance(value, CACHE):
            yield from self._cache(value, far)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value, far)
        elif isinstance(value, type):
            if self._is_own(value):
                yield from self._class(value)
        elif issubclass(type(value), _GROUPS):
            for index, each in enumerate(list(contents(value))[:_ELEMENTS]):
                yield from self._reach(each, f"{key}[{index}]", title, file, line, far + 1)
        elif self._is_own(type(value)) or isinstance(value, NAMESPACES):
            yield from self._object(value, key, title, file, line)
        else:
            yield from self._strange(value, key, title, file, line, far)

    def _cache(self, cache: Any, far: int) -> Iterator[Slot]:
        function = getattr(cache, "__wrapped__", None)
        if isinstance(function, types.FunctionType):
            code, file = function.__code__, function.__code__.co_filename
            takes = code.co_argcount + code.co_kwonlyargcount or code.co_flags & 0x0C  # *args, **kwargs
            if self._settings.is_code(file) and takes:
                title = f"{plain(function.__qualname__)}() (its functools cache)"
                line = definitions(file).line(plain(function.__qualname__)) or code.co_firstlineno
                key = f"{function.__module__}:{function.__qualname__} cache"
                yield Slot(key, title, file, line, lambda: cache, decorated=code.co_firstlineno)
            yield from self._function(function, far)

    def _function(self, function: types.FunctionType, far: int) -> Iterator[Slot]:
        file = function.__code__.co_filename
        if not self._settings.is_code(file):
            if function.__module__ is None or function.__module__.partition(".")[0] in _PRIVATE:
                return
            for cell in function.__closure__ or ():  # a decorator of a library
                yield from self._cell(cell, f"{function.__qualname__}", "", file, 0, far)
            yield from self._reach(
                getattr(function, "__wrapped__", None), function.__qualname__, "", file, 0, far
            )
            return
        known, name = definitions(file), plain(function.__qualname__)
        key, line = f"{function.__module__}:{function.__qualname__}", known.line(name)
        for argument, default in defaults(function):
            if is_container(default):
                title, place = f"{name}({argument}=…)", known.line(f"{name}({argument})") or line
                yield Slot(f"{key}({argument})", title, file, place, lambda value=default: value)  # type: ignore[misc]
            yield from self._reach(default, f"{key}({argument})", argument, file, line, far)
        around = name.rpartition(".")[0]
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            place = known.line(f"{around}.{variable}") or line
            title = f"{variable} in {around}()" if around else variable
            yield from self._cell(cell, f"{key} {variable}", title, file, place, far)
        self.holders.add(id(function))
        for attribute, held in list(vars(function).items()):
            title = f"{name}.{attribute}"
            if not attribute.startswith("__"):
                place, read = known.line(title) or line, partial(vars(function).get, attribute)
                yield Slot(f"{key}.{attribute}", title, file, place, read, holder=id(function))
            yield from self._reach(held, f"{key}.{attribute}", title, file, line, far)

    def _cell(self, cell: Any, key: str, title: str, file: str, line: int, far: int) -> Iterator[Slot]:
        try:
            value = cell.cell_contents
        except ValueError:  # not set yet
            return
        if title and not isinstance(value, type | types.FunctionType | types.MethodType | CACHE):
            yield Slot(key, title, file, line, lambda: cell.cell_contents)
        yield from self._reach(value, key, title, file, line, far)

    def _class(self, kind: type) -> Iterator[Slot]:
        file = str(getattr(sys.modules.get(kind.__module__), "__file__", ""))
        known, name = definitions(file), plain(kind.__qualname__)
        self.holders.add(id(kind))
        for attribute, value in list(vars(kind).items()):
            if attribute.startswith(_BOOKKEEPING) and not attribute.startswith(f"_{kind.__name__}__"):
                continue
            key, title = f"{kind.__module__}:{kind.__qualname__}.{attribute}", f"{name}.{attribute}"
            line = known.line(f"{name}.{written(attribute, kind)}")
            is_value = not isinstance(
                value, types.FunctionType | classmethod | staticmethod | property | type
            )
            if is_value and not hasattr(type(value), "__set__"):
                yield Slot(key, title, file, line, partial(getattr, kind, attribute, None), holder=id(kind))
            yield from self._reach(value, key, title, file, line, 0)

    def _object(self, value: object, key: str, title: str, file: str, line: int) -> Iterator[Slot]:
        kind, is_open = type(value), isinstance(value, NAMESPACES)
        place = file if is_open else str(getattr(sys.modules.get(kind.__module__), "__file__", ""))
        name = title if is_open else plain(kind.__qualname__)
        known = definitions(place)
        self.holders.add(id(value))
        thread = threading.get_ident() if isinstance(value, threading.local) else 0
        for attribute, held in attributes(value).items():
            if attribute.startswith("__"):
                continue
            inner = f"{name}.{written(attribute, kind)}"
            where = known.line(inner)
            source, number = (place, where) if where else (file, line)
            yield from self._variable(
                f"{key}.{attribute}", inner, source, number, partial(_attribute, value, attribute),
                own=where > 0 or is_open, holder=id(value), thread=thread,
            )  # fmt: skip
            yield from self._reach(held, f"{key}.{attribute}", inner, source, number, 0)
        yield from self._reach(kind, key, title, file, line, 0)

    def _strange(self, value: object, key: str, title: str, file: str, line: int, far: int) -> Iterator[Slot]:
        """An object of a library: what it holds by names is a variable of ours only if our code sets it."""
        state = attributes(value).get("_state")
        if type(value).__name__ == "State" and isinstance(state, dict):  # Starlette's: app.state
            self.holders.add(id(value))
            for name, held in list(state.items()):
                source, number = anywhere(self._modules, f"state.{name}") or (file, line)
                read = partial(state.get, name)
                yield Slot(f"{key}.{name}", f"{title}.{name}", source, number, read, holder=id(value))
                yield from self._reach(held, f"{key}.{name}", f"{title}.{name}", source, number, 0)
            return
        if type(value).__module__.partition(".")[0] in _PRIVATE:
            return
        self.holders.add(id(value))
        for name, held in attributes(value).items():
            if far == 0 and (
                is_container(held) or (isinstance(held, int | str) and not name.startswith("_"))
            ):
                read = partial(_attribute, value, name)
                set_here = anywhere(self._modules, f"{title.rpartition('.')[2]}.{name}")
                source, number = set_here or (file, line)
                yield Slot(
                    f"{key}.{name}",
                    f"{title}.{name}",
                    source,
                    number,
                    read,
                    own=bool(set_here),
                    holder=id(value),
                )
            yield from self._reach(held, f"{key}.{name}", f"{title}.{name}", file, line, far + 1)


def _in_context(variable: contextvars.ContextVar[Any]) -> Any:
    try:
        return variable.get()
    except LookupError:
        return None


def _at_first(variable: contextvars.ContextVar[Any]) -> Any:
    """Its default."""
    return contextvars.Context().run(_in_context, variable)


def _attribute(value: object, name: str) -> Any:
    return attributes(value).get(name)
