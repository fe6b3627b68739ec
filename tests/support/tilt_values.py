"""Values that pass between a Tiltfile and the recorder of Tilt's functions, and the check of arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

starlark = pytest.importorskip("starlark", reason="no wheel of starlark-pyo3 for Intel Macs: it needs Rust")

__all__ = ["Blob", "Made", "TiltfileError", "identity", "made", "make", "strict"]


class TiltfileError(Exception):
    """The evaluation failed, as it would in Tilt."""


@dataclass(frozen=True)
class Blob:
    """Text that a function returned or `blob` made: the one way to hand YAML itself to `k8s_yaml`."""

    text: str


@dataclass(frozen=True)
class Made:
    """What a constructor of Tilt's returns: its kind and the values that it was given."""

    kind: str
    values: dict[str, Any]


def make(kind: str, **values: Any) -> Any:
    """A constructor's result, closed to Starlark."""
    return starlark.OpaquePythonObject(Made(kind, values))


def made(value: Any, kind: str) -> dict[str, Any]:
    """The values that `make` was given; refuses what is of another kind."""
    if not isinstance(value, Made) or value.kind != kind:
        raise TiltfileError(f"expected {kind}, got {value!r}")
    return value.values


def identity(found: dict[str, Any]) -> str:
    """How Tilt tells objects apart: `name:kind`."""
    return f"{found['metadata']['name']}:{found['kind'].lower()}"


def strict(name: str, function: Callable[..., Any], problems: list[str]) -> Callable[..., Any]:
    """Wrong arguments name the function, as Tilt's message does; so does a value of another type than declared."""
    signature = inspect.signature(function, eval_str=True)

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return checked(*arguments, **named)
        except Exception as problem:
            problems.append(f"{name}: {problem}")
            raise

    def checked(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*arguments, **named)
        for parameter, value in bound.arguments.items():
            wanted = str(signature.parameters[parameter].annotation)
            if isinstance(value, bool) and "bool" not in wanted and "Any" not in wanted:
                raise TypeError(f"{name}: for parameter {parameter}: got bool, want {wanted}")
            if (
                isinstance(value, int)
                and "int" not in wanted
                and "bool" not in wanted
                and "Any" not in wanted
            ):
                raise TypeError(f"{name}: for parameter {parameter}: got int, want {wanted}")
            if isinstance(value, str) and "str" not in wanted and "Any" not in wanted:
                raise TypeError(f"{name}: for parameter {parameter}: got string, want {wanted}")
        return function(*bound.args, **bound.kwargs)

    return call
