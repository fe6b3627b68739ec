"""The command tree, nothing else. A command's module is imported when the command is called."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit import __version__
from devkit.base.console import drop_output, write_anything
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import choose_root, project_root
from devkit.commands.completion import VARIABLE, install_completion, show_completion
from devkit.commands.lazy import LazyGroup
from devkit.commands.where import say_where

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# name → (module, one line for --help). A module offers either `run` (one command) or `app` (a group).
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("devkit.commands.up", "Start the whole platform"),
    "down": ("devkit.commands.down", "Stop it; data is kept"),
    "status": ("devkit.commands.status", "Show services, ports and state"),
    "view": ("devkit.commands.view", "Watch it live: choose, restart, filter and scroll logs"),
    "graph": ("devkit.commands.graph", "Draw the platform: services, calls, ports, what runs"),
    "logs": ("devkit.commands.logs", "Show service logs"),
    "restart": ("devkit.commands.restart", "Restart services"),
    "stop": ("devkit.commands.stop", "Stop services; without a name everything"),
    "reset": ("devkit.commands.reset", "Stop and delete all development data (asks)"),
    "doctor": ("devkit.commands.doctor", "Diagnose this machine and fix what it can"),
    "verify": ("devkit.commands.verify", "Check the running platform from outside"),
    "debug": ("devkit.commands.debug", "Wait for the debugger; which services have one"),
    "webhook": ("devkit.commands.webhook", "Send a provider's signed webhook to the platform"),
    "tunnel": ("devkit.commands.tunnel", "Let the providers reach this machine (cloudflared)"),
    "mesh": ("devkit.commands.mesh", "Install, look at or remove the service mesh (Helm)"),
    "why": ("devkit.commands.why", "Tell where an order waits, how long, and what to do"),
    "jobs": ("devkit.commands.jobs", "Look at the queues; retry or drop what failed, pause and resume"),
    "db": ("devkit.commands.db", "Migrate, seed, reset or look at the database"),
    "compose": ("devkit.commands.compose", "Show what Compose files say together, and audit them"),
    "dns": ("devkit.commands.dns", "Ask every name server about the stack's names; plan their move"),
    "config": ("devkit.commands.config", "Audit the code for hard-coded values and undeclared variables"),
    "audit": ("devkit.commands.audit", "Find what services keep in files and in their memory"),
    "crash": (
        "devkit.commands.crash",
        "Kill services at every effect of a flow: is anything lost or done twice?",
    ),
    "secrets": ("devkit.commands.secrets", "Generate, check and set development secrets"),
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


# What people type who know other tools → what it is called here.
_ELSEWHERE = {
    "queue": "jobs", "queues": "jobs list", "ps": "status", "ls": "status", "list": "status", "start": "up", "run": "up", "kill": "stop", "log": "logs",
    "tail": "logs -f", "migrate": "db migrate", "seed": "db seed", "rollback": "db rollback", "clean": "reset",
    "destroy": "reset", "add": "new service", "create": "new service", "check": "doctor", "diagnose": "doctor",
    "attach": "debug", "watch": "view", "top": "view", "ui": "view", "reload": "restart", "dig": "dns audit", "help": "--help", "version": "--version",
}  # fmt: skip
# The folder with the repository's commands: `devkit.commands.from_repository` knows them.
REPOSITORY_COMMANDS = "dev/commands"
# What starts, stops or wipes: it says which repository it acts on where that is not plain to see.
_ACTING = frozenset({"up", "down", "stop", "restart", "reset"})


class _Tree(LazyGroup):
    """Lists commands from `COMMANDS` and the repository's own; imports one only to run it or to show its own help."""

    LAZY = {name: module for name, (module, _) in COMMANDS.items()}  # noqa: RUF012

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_repository_command_names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) if cmd_name in COMMANDS else _repository_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            known = [*COMMANDS, *_repository_command_names()]
            if args[0] not in known:
                near = _ELSEWHERE.get(args[0]) or next(
                    iter(difflib.get_close_matches(args[0], known, 1)), None
                )
                ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def about(self, ctx: Any, name: str) -> str:
        return COMMANDS[name][1] if name in COMMANDS else super().about(ctx, name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
        root = _root()
        if root is None or not (root / REPOSITORY_COMMANDS).is_dir():
            return
        from devkit.commands.from_repository import listed_commands

        if listed := listed_commands(root, COMMANDS):
            with formatter.section(f"Commands of this repository ({REPOSITORY_COMMANDS}/)"):
                formatter.write_dl(listed)


def _root() -> Path | None:
    """The repository, None where there is none: its commands are not listed then."""
    try:
        return project_root()
    except DevkitError:
        return None


def _repository_command_names() -> list[str]:
    root = _root()
    if root is None or not (root / REPOSITORY_COMMANDS).is_dir():
        return []
    from devkit.commands.from_repository import repository_command_names

    return repository_command_names(root, COMMANDS)


def _repository_command(name: str) -> Any:
    if name not in _repository_command_names():
        return None
    from devkit.commands.from_repository import repository_command

    return repository_command(project_root(), name)


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


def _at(given: Path | None) -> None:
    if given is not None:
        choose_root(given)


@tree.callback()
def devkit(
    context: typer.Context,
    _root_option: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="PATH",
            callback=_at,
            is_eager=True,
            help="Work on the repository in this folder. Default: DEVKIT_ROOT, else the nearest folder here or above with a "
            "dev/services.yaml, else the repository that devkit lies in.",
        ),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    _install: Annotated[
        str | None,
        typer.Option(
            "--install-completion",
            metavar="SHELL",
            callback=install_completion,
            is_eager=True,
            help="Complete commands in bash, zsh or fish from the next shell on.",
        ),
    ] = None,
    _show: Annotated[
        str | None,
        typer.Option(
            "--show-completion",
            metavar="SHELL",
            callback=show_completion,
            is_eager=True,
            help="Print what --install-completion writes.",
        ),
    ] = None,
) -> None:
    """Clone, one command, and the whole platform runs. Start with: ./devkit up"""
    if context.invoked_subcommand in _ACTING:
        say_where()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code. The only place that catches `DevkitError`."""
    write_anything()
    if VARIABLE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        typer.main.get_command(tree)(args=arguments, prog_name="devkit")
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):  # which Typer makes exit 1
            drop_output()
            return ExitCode.OK
        return (
            done.code if isinstance(done.code, int) else ExitCode.OK if done.code is None else ExitCode.USAGE
        )
    except DevkitError as error:
        sys.stderr.write(f"devkit: {error.message}\n" + (f"    → {error.fix}\n" if error.fix else ""))
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
