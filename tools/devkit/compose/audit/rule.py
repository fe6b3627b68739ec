"""A rule: a function over the stack that yields what violates it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devkit.compose.audit.edits import Edit
from devkit.compose.audit.stack import Stack
from devkit.findings.model import Place, Severity

__all__ = ["Rule", "Violation", "rule"]


@dataclass(frozen=True)
class Violation:
    """What is wrong at a place: why, and what to do, in the imperative. `edits` do it, where that is safe."""

    place: Place
    message: str
    fix: str
    edits: tuple[Edit, ...] = ()


Look = Callable[[Stack], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """`about` says what is true when nothing violates it."""

    name: str
    about: str
    look: Look
    severity: Severity


def rule(name: str, about: str, *, severity: Severity = Severity.ERROR) -> Callable[[Look], Rule]:
    """Declares a rule where its function is defined."""
    return lambda look: Rule(name, about, look, severity)
