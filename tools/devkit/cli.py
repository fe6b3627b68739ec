"""The command tree, nothing else. A command's module is imported when the command is called."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit import __version__
from devkit.base.console import drop_output, write_anything
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# name → (module, one line for --help). A module offers either `run` (one command) or `app` (a group).
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("devkit.commands.up", "Start the whole platform"),
    "down": ("devkit.commands.down", "Stop it; data stays"),
    "status": ("devkit.commands.status", "What runs, on which port, how it is"),
    "graph": ("devkit.commands.graph", "Draw the platform: services, calls, ports, what runs"),
    "logs": ("devkit.commands.logs", "What the services wrote"),
    "restart": ("devkit.commands.restart", "Restart one service"),
    "reset": ("devkit.commands.reset", "Stop and delete all development data (asks)"),
    "doctor": ("devkit.commands.doctor", "Say what is wrong with this machine, and mend it"),
    "verify": ("devkit.commands.verify", "Check the running platform from outside"),
    "debug": ("devkit.commands.debug", "Wait for the debugger; which services have one"),
    "webhook": ("devkit.commands.webhook", "Send a provider's signed webhook to the platform"),
    "tunnel": ("devkit.commands.tunnel", "Let the providers reach this machine (cloudflared)"),
    "mesh": ("devkit.commands.mesh", "Install, look at or remove the service mesh (Helm)"),
    "db": ("devkit.commands.db", "Migrate, seed, reset or look at the database"),
    "secrets": ("devkit.commands.secrets", "Make, check and set development secrets"),
    "new": ("devkit.commands.new", "Add a service: its row, its code, a test"),
    "rename": ("devkit.commands.rename", "Rename a service everywhere it is named"),
    "remove": ("devkit.commands.remove", "Remove a service (asks)"),
    "generate": ("devkit.commands.generate", "Render everything that follows from dev/services.yaml"),
    "vscode": ("devkit.commands.vscode", "Write, check or remove devkit's part of VS Code's files"),
    "plan": ("devkit.commands.plan", "Print what a Tiltfile needs to know, as JSON"),
    "resources": ("devkit.commands.resources", "Measure what services use; propose requests and limits"),
    "test": ("devkit.commands.test", "Run the project's tests"),
    "bench": ("devkit.commands.bench", "Measure, and write docs/benchmarks.md"),
}


class _Tree(LazyGroup):
    LAZY = {name: module for name, (module, _) in COMMANDS.items()}  # noqa: RUF012

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _leave(code: object, **_: object) -> None:
    """A command's return value is devkit's exit code."""
    if isinstance(code, int) and code:
        raise typer.Exit(code)


tree = typer.Typer(
    cls=_Tree,
    result_callback=_leave,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"devkit {__version__}")
        raise typer.Exit


@tree.callback()
def devkit(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Clone, one command, and the whole platform runs. Start with: ./devkit up"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code. The only place that catches `DevkitError`."""
    write_anything()
    try:
        typer.main.get_command(tree)(args=arguments, prog_name="devkit")
    except SystemExit as done:
        return (
            done.code if isinstance(done.code, int) else ExitCode.OK if done.code is None else ExitCode.USAGE
        )
    except DevkitError as error:
        sys.stderr.write(f"devkit: {error.message}\n" + (f"    → {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            drop_output()  # `devkit status | head`
            return ExitCode.OK
        what = f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)
        sys.stderr.write(f"devkit: {what}\n")
        try:
            sys.stdout.flush()
        except OSError:
            drop_output()  # `devkit status > /full/disk`: said once, not again at exit
        return ExitCode.CHECK_FAILED
    return ExitCode.OK
