"""A group of commands each of which is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import typer
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup

from devkit.commands.wording import reword

__all__ = ["LazyGroup", "single_command"]


class LazyGroup(TyperGroup):
    """Knows its commands from `LAZY`: name → the module that holds it, with `:function` unless it is `app` or `run`."""

    LAZY: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(self.LAZY)

    def about(self, ctx: Any, name: str) -> str:
        """What a command does, in a line; without importing it where that is known."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str() if command else ""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = super(TyperGroup, self).shell_complete(ctx, incomplete)
        return [*(CompletionItem(name, help=self.about(ctx, name)) for name in names), *options]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in self.LAZY:
            return None
        path, _, name = self.LAZY[cmd_name].partition(":")
        module = importlib.import_module(path)
        app = getattr(module, "app", None)
        if app is None:
            return single_command(cmd_name, getattr(module, name or "run"))
        return reword(typer.main.get_command(app))


def single_command(name: str, function: Callable[..., Any]) -> Any:
    """The command `name` that calls `function`, whose annotated parameters are its options and arguments."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name)(function)
    return reword(typer.main.get_command(app))
