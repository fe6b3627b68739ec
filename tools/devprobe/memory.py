"""What the variables of a process hold, compared from one look to the next."""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from devprobe.digest import NAMESPACES, digest, is_container
from devprobe.settings import Settings
from devprobe.slots import Slot
from devprobe.walk import Walk

__all__ = ["Memory", "Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every variable with what its content boils down to, and what can hold variables (by `Slot.holder`)."""

    digests: dict[str, tuple[Slot, Hashable]]
    holders: set[int]


class Memory:
    """Walks through everything anew each time; it keeps nothing alive."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._classes: dict[type, bool] = {}
        self.outside = contextvars.copy_context()
        """What context variables are read in: not a request's own."""
        self.state: dict[str, Any] = {}
        """What the application's lifespan gives to every request."""

    def is_own(self, kind: type) -> bool:
        """Whether a class is the repository's."""
        known = self._classes.get(kind)
        if known is None:
            file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
            known = self._classes[kind] = self._settings.is_code(file)
        return known

    def snapshot(self) -> Snapshot:
        """Everything as it is now."""
        walk = Walk(self._settings, self.is_own, self.outside, self.state)
        digests = {slot.key: (slot, self.digest(slot)) for slot in walk.slots()}
        return Snapshot(digests, walk.holders)

    def digest(self, slot: Slot) -> Hashable:
        """What a variable's content boils down to; an object of one's own counts by its attributes, each a variable of its own."""
        try:
            value = slot.read()
        except (AttributeError, KeyError, LookupError, TypeError, ValueError):
            return ("gone",)
        has_variables = self.is_own(type(value)) or isinstance(value, NAMESPACES)
        if has_variables and not is_container(value) and not isinstance(value, tuple):
            return (type(value).__name__, id(value))
        return digest(value, self.is_own)

    def slots(self) -> Iterator[Slot]:
        """Every variable, in an order that does not depend on requests."""
        yield from Walk(self._settings, self.is_own, self.outside, self.state).slots()
