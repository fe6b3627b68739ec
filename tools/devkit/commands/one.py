"""A single command as an application of its own: what a group that imports its commands late hands out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

__all__ = ["one_command"]


def one_command(name: str, function: Callable[..., Any], settings: dict[str, Any] | None = None) -> Any:
    """The command `name` that calls `function`; `settings` are those of its context."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name=name, context_settings=settings)(function)
    return typer.main.get_command(app)
