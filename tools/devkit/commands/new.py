"""`devkit new service`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.paths import project_root

__all__ = ["app"]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Add a service to the platform.",
)  # fmt: skip


@app.callback()
def _group() -> None:
    """Add a service to the platform."""


@app.command()
def service(
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits and hyphens.")],
    kind: Annotated[str, typer.Option("--type", help="Its type. Default: python.")] = "python",
    about: Annotated[str, typer.Option("--about", metavar="TEXT", help="One sentence on what it does.")] = "",
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Its port. Default: the next free one.")
    ] = None,
    debug_port: Annotated[
        int | None,
        typer.Option("--debug-port", min=1, max=65535, help="Its debug port. Default: the next free one."),
    ] = None,
    needs: Annotated[
        list[str] | None,
        typer.Option("--needs", metavar="SERVICE", help="A service that must be ready first; repeatable."),
    ] = None,
    calls: Annotated[
        list[str] | None,
        typer.Option("--calls", metavar="SERVICE", help="A service that it calls; repeatable."),
    ] = None,
) -> None:
    """Make a service: its row in dev/services.yaml, its code, a test, and what is rendered from the table.

    Files come from dev/templates/<type>/, where the repository has such a folder, else from devkit.
    """
    from devkit.engines.choice import running_here
    from devkit.scaffold.new import new_service, type_named

    root = project_root()
    made = new_service(
        root,
        name,
        type_named(kind),
        about=about,
        port=port,
        debug_port=debug_port,
        needs=needs or (),
        calls=calls or (),
    )
    for line in made.change.run(root):
        emit(line)
    debugger = f", debugger on {made.debug_port}" if made.debug_port else ""
    start = "it starts now (./devkit status)" if running_here(root) else "./devkit up starts it"
    say(f"devkit: {name} has port {made.port}{debugger}; {start}; its code starts in {made.code}")
