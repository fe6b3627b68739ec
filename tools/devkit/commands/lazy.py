"""A group of commands each of which is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

__all__ = ["LazyGroup"]


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
            app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            app.command(cmd_name)(getattr(module, name or "run"))
        return typer.main.get_command(app)
