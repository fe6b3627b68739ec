"""The content of a variable boiled down to one value: another one means that it has changed."""

from __future__ import annotations

import argparse
import array
import asyncio
import datetime
import decimal
import enum
import functools
import gc
import io
import itertools
import pathlib
import queue
import threading
import types
import uuid
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Set
from typing import Any

__all__ = ["CACHE", "NAMESPACES", "attributes", "contents", "digest", "is_container", "leaves", "shape"]

CACHE = type(functools.lru_cache(lambda: None))
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_VALUES = (
    enum.Enum, uuid.UUID, datetime.datetime, datetime.date, datetime.timedelta, decimal.Decimal, pathlib.PurePath,
)  # fmt: skip
_COUNTERS = (itertools.count, itertools.cycle)
_QUEUES = (queue.Queue, queue.LifoQueue, asyncio.Queue)
_BUFFERS = (io.StringIO, io.BytesIO)
_EVENTS = (threading.Event, asyncio.Event)
NAMESPACES = (threading.local, types.SimpleNamespace, argparse.Namespace)
"""Objects of Python itself that hold whatever they are given."""
_CONTAINERS = (list, deque, bytearray, Mapping, Set, CACHE, *_QUEUES)
_MOST, _DEEPEST, _LEAVES = 1000, 6, 200


def is_container(value: object) -> bool:
    """Whether it holds others and can grow: dicts, lists, sets, queues, caches, and what behaves like a dict or a set. By its
    type alone: a proxy answers for what it stands for."""
    kind = type(value)
    return issubclass(kind, _CONTAINERS) and not issubclass(kind, types.MappingProxyType | type)


def attributes(value: object) -> dict[str, Any]:
    """An object's own attributes, those in slots as well. Nothing of the object's own code is run."""
    try:  # a thread has its own of a threading.local
        found = dict(
            vars(value) if isinstance(value, threading.local) else object.__getattribute__(value, "__dict__")
        )
    except (AttributeError, TypeError, ValueError):
        found = {}
    for kind in type(value).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else tuple(names):
            if name in ("__dict__", "__weakref__"):
                continue
            private = name.startswith("__") and not name.endswith("__")
            kept = f"_{kind.__name__.lstrip('_')}{name}" if private else name
            try:
                found.setdefault(kept, object.__getattribute__(value, kept))
            except AttributeError:
                continue
    private = found.get("__pydantic_private__")
    return found | private if isinstance(private, dict) else found


def contents(value: object) -> Iterator[Any]:
    """What a container holds, keys as well; at most a thousand."""
    if isinstance(value, CACHE):
        value = _cached(value)
    if isinstance(value, _QUEUES):
        value = list(getattr(value, "queue" if isinstance(value, queue.Queue) else "_queue"))
    if isinstance(value, Mapping):
        for key, held in itertools.islice(list(value.items()), _MOST):
            yield key
            yield held
    elif isinstance(value, Iterable):
        yield from itertools.islice(list(value), _MOST)


def _cached(cache: Any) -> list[Any]:
    """The keys of functools' cache: it shows them to the garbage collector alone."""
    return [
        key
        for found in gc.get_referents(cache)
        if isinstance(found, dict) and found is not vars(cache)
        for key in found
    ]


def digest(value: object, is_own: Callable[[type], bool], deep: int = 0) -> Hashable:
    """`is_own` says of a class whether it is the repository's: then an object's attributes count, otherwise which it is."""
    kind = type(value)
    if isinstance(value, _PLAIN):
        return (kind.__name__, value)
    if isinstance(value, (_VALUES, _COUNTERS)):
        return (kind.__name__, repr(value))
    if isinstance(value, types.GeneratorType):
        frame = value.gi_frame
        held = {} if frame is None else frame.f_locals
        return (kind.__name__, frame and frame.f_lasti, _of_named(held, is_own, deep))
    if isinstance(value, _BUFFERS):
        return (kind.__name__, "closed" if value.closed else hash(value.getvalue()))
    if isinstance(value, array.array):
        return (kind.__name__, hash(value.tobytes()))
    if isinstance(value, _EVENTS):
        return (kind.__name__, value.is_set())
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
        return (kind.__name__, getattr(value, "__qualname__", value.__name__), id(value))
    if deep > _DEEPEST:
        return (kind.__name__,)
    if is_container(value) or isinstance(value, tuple):
        return _held(value, is_own, deep)
    if isinstance(value, NAMESPACES) or is_own(kind):
        return (kind.__name__, id(value), _of_named(attributes(value), is_own, deep))
    return (kind.__name__, id(value))


def _of_named(held: Mapping[str, Any], is_own: Callable[[type], bool], deep: int) -> int:
    return hash(tuple((name, digest(each, is_own, deep + 1)) for name, each in list(held.items())))


def _held(value: Any, is_own: Callable[[type], bool], deep: int) -> Hashable:
    for _ in range(3):
        try:
            parts = [digest(each, is_own, deep + 1) for each in contents(value)]
            break
        except RuntimeError:  # another thread changes it just now
            continue
    else:
        parts = [("changing",)]
    if isinstance(value, Set):
        parts.sort(key=repr)
    size = (
        value.cache_info().currsize
        if isinstance(value, CACHE)
        else len(value)
        if hasattr(value, "__len__")
        else 0
    )
    return (type(value).__name__, size, hash(tuple(parts)))


def leaves(value: object, is_own: Callable[[type], bool], deep: int = 0) -> Iterator[str]:
    """The plain values in a variable, as text; at most two hundred."""
    if isinstance(value, str | int | float | uuid.UUID) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif deep <= _DEEPEST:
        inner: Iterable[Any] = ()
        if is_container(value) or isinstance(value, tuple):
            inner = contents(value)
        elif isinstance(value, NAMESPACES) or is_own(type(value)):
            inner = attributes(value).values()
        for each in itertools.islice(inner, _LEAVES):
            yield from leaves(each, is_own, deep + 1)


def shape(value: object) -> str:
    """What it is, without a word of what it holds: that may be a secret."""
    name = type(value).__name__
    if value is None:
        return "None"
    size = None
    if isinstance(value, CACHE):
        name, size = "cache", value.cache_info().currsize
    elif isinstance(value, _QUEUES):
        size = value.qsize()
    elif (is_container(value) or isinstance(value, tuple)) and hasattr(value, "__len__"):
        size = len(value)
    article = "an" if name[:1].lower() in "aeio" else "a"
    return f"{article} {name}" + (
        "" if size is None else f" with {size} {'entry' if size == 1 else 'entries'}"
    )
