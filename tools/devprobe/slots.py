"""A variable, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Slot"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable. `key` is the same in every process of a service, `title` how a person calls it, `file` and `line` where it
    is defined (0: not known). `own` is False for what an object of a library holds. `holder` is the id of what has it by that
    name: a module, a class, a function, an object. `decorated` is the line of a function's first
    decorator, `thread` the only one in which it can be read (0: any)."""

    key: str
    title: str
    file: str
    line: int
    read: Callable[[], Any]
    own: bool = True
    holder: int = 0
    decorated: int = 0
    thread: int = 0
