"""`devkit dns …`: what the name servers say of the stack's names, and how these move to another address."""

from __future__ import annotations

import typer

from devkit.commands.dns.audit import audit
from devkit.commands.dns.plan import plan

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Names in the DNS: what every name server says of them, and their move to another address (docs/dns.md).",
)  # fmt: skip
for _command in (audit, plan):
    app.command()(_command)
