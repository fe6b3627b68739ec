"""Options that go together are one parameter of a command: a dataclass, whose fields they are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from typing import Any, TypeVar

__all__ = ["spread", "with_parameters"]

_R = TypeVar("_R")


def spread(function: Callable[..., _R]) -> Callable[..., _R]:
    """The command as Typer takes it: the fields of its dataclasses in their place."""
    groups: dict[str, tuple[Callable[..., Any], list[inspect.Parameter]]] = {}
    left: list[inspect.Parameter] = []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        expanded, kind = [parameter], parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            expanded = list(inspect.signature(kind, eval_str=True).parameters.values())
            groups[parameter.name] = kind, expanded
        left += expanded

    def command(**values: Any) -> _R:
        made = {
            name: kind(**{each.name: values.pop(each.name) for each in expanded})
            for name, (kind, expanded) in groups.items()
        }
        return function(**values, **made)

    command.__name__ = function.__name__  # Typer's name for it, where no other is given
    return with_parameters(command, left, function.__doc__)


def with_parameters(
    command: Callable[..., _R], parameters: Iterable[inspect.Parameter], about: str | None
) -> Callable[..., _R]:
    """The command, of which Typer is told these parameters in place of its own."""
    listed = list(parameters)
    command.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in listed}
    command.__doc__ = about
    return command
