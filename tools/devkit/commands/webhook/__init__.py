"""`devkit webhook …`: commands; any other first word is a provider, of which something is sent."""

from __future__ import annotations

from typing import Any

import typer
from typer._click.shell_completion import CompletionItem

from devkit.commands.completion import provider_names
from devkit.commands.lazy import LazyGroup
from devkit.webhooks.provider import RESERVED, SEND


class _Providers(LazyGroup):
    """`webhook shopify orders/create` is `webhook send shopify orders/create`, which nobody has to type."""

    LAZY = {  # noqa: RUF012
        SEND: "devkit.commands.webhook.send:send",
        "list": "devkit.commands.webhook.list:listed",
        "suite": "devkit.commands.webhook.suite:suite",
        "story": "devkit.commands.webhook.story:story",
        "listen": "devkit.commands.webhook.listen:listen",
        "captures": "devkit.commands.webhook.captures",
        "replay": "devkit.commands.webhook.replay:replay",
        "verify": "devkit.commands.webhook.verify:verify",
    }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.LAZY:
            args = [SEND, *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # An option before the provider is one of sending.
        if args and args[0] not in (*RESERVED, SEND, "-h", "--help"):
            args = [SEND, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        names = provider_names(incomplete)
        return [*(CompletionItem(name) for name in names), *super().shell_complete(ctx, incomplete)]

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
