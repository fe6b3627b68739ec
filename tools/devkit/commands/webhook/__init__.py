"""`devkit webhook …`: commands; any other first word is a provider, of which something is sent."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

from devkit.commands.one import one_command
from devkit.webhooks.provider import RESERVED, SEND

# name → the module under this package that has a function of the same name. One is imported when it is called.
_COMMANDS = {
    SEND: "send",
    "list": "listed",
    "suite": "suite",
    "listen": "listen",
    "replay": "replay",
    "verify": "verify",
}


class _Providers(TyperGroup):
    """`webhook shopify orders/create` is `webhook send shopify orders/create`, which nobody has to type."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        name = _COMMANDS[cmd_name]
        module = importlib.import_module(f"devkit.commands.webhook.{name}")
        return one_command(cmd_name, getattr(module, name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in _COMMANDS:
            args = [SEND, *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # An option before the provider is one of sending.
        if args and args[0] not in (*RESERVED, SEND, "-h", "--help"):
            args = [SEND, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path, "PROVIDER TOPIC [OPTIONS]", "Usage: ")
        formatter.write_usage(ctx.command_path, "COMMAND [OPTIONS]", "   or: ")


app = typer.Typer(
    cls=_Providers,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Send a provider's signed webhooks to the platform; `devkit webhook send --help` has the options.",
)


@app.callback()
def _group() -> None:
    """Typer takes a group without commands of its own for a mistake."""
