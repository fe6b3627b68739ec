"""A group of commands each of which is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

__all__ = ["LazyGroup", "single_command"]


class LazyGroup(TyperGroup):
    """Knows its commands from `LAZY`: name → the module that holds it, with `:function` unless it is `app` or `run`."""

    LAZY: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(self.LAZY)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in self.LAZY:
            return None
        path, _, name = self.LAZY[cmd_name].partition(":")
        module = importlib.import_module(path)
        app = getattr(module, "app", None)
        if app is None:
            return single_command(cmd_name, getattr(module, name or "run"))
        return typer.main.get_command(app)


def single_command(name: str, function: Callable[..., Any]) -> Any:
    """The command `name` that calls `function`, whose annotated parameters are its options and arguments."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name)(function)
    return typer.main.get_command(app)
