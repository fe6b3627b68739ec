"""`devkit webhook …`: commands; any other first word is a provider, of which something is sent."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from devkit.commands.webhook.listed import listed
from devkit.commands.webhook.listen import listen
from devkit.commands.webhook.replay import replay
from devkit.commands.webhook.send import send
from devkit.commands.webhook.suite import suite
from devkit.commands.webhook.verify import verify
from devkit.webhooks.provider import RESERVED, SEND


class _Providers(TyperGroup):
    """`webhook shopify orders/create` is `webhook send shopify orders/create`, which nobody has to type."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
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
app.command(name=SEND)(send)
app.command(name="list")(listed)
app.command(name="suite")(suite)
app.command(name="listen")(listen)
app.command(name="replay")(replay)
app.command(name="verify")(verify)
