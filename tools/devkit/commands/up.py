"""`devkit up`: start the whole platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.base.users import user_name
from devkit.commands.completion import service_names
from devkit.engines.choice import Choice, choose
from devkit.engines.copied import accept_copy
from devkit.engines.protocol import UpRequest
from devkit.engines.registry import engine_entry
from devkit.findings import render_text


def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE",
            autocompletion=service_names,
            help="Only these services or groups, with what they need and call; while the platform runs, these as well.",
        ),
    ] = None,
    engine_name: Annotated[
        str | None,
        typer.Option(
            "--engine",
            help="tilt (a local Kubernetes) or local (processes). Default: tilt if it is installed and a safe cluster runs.",
        ),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once everything is ready.")] = False,
    seed: Annotated[
        bool, typer.Option("--seed", help="Fill the database with example data once it is migrated.")
    ] = False,
    port_offset: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=50000,
            help="Move every port up by this much. Default: port_offset in tilt_config.json, else 0.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="Use this database instead of the embedded one (no password in it: that belongs in secret.yaml)."
        ),
    ] = None,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Use data that came here by copy or from a backup, or another clone's namespace.",
        ),
    ] = False,
) -> int:
    """Start Postgres, Redis, the services and the page; migrate; reload on save. Says which engine runs it and why."""
    root = project_root()
    _refuse_sudo(root)
    if take_over:
        accept_copy(root)
    chosen = Choice(engine_entry(engine_name), "as told") if engine_name else choose(root)
    name = chosen.entry.name
    if not engine_name:
        say(f"devkit: engine {name}: {chosen.reason}")
    wanted = UpRequest(tuple(services or ()), port_offset, database_url, seed, detach, take_over)
    return chosen.entry.make(root).up(wanted, lambda: _preflight(root, name))


def _refuse_sudo(root: Path) -> None:
    """Raises DevkitError (exit 2): what root would write in the clone, its owner could not use afterwards."""
    owner = root.stat().st_uid
    if os.environ.get("SUDO_UID") and os.geteuid() == 0 and owner != 0:
        raise DevkitError(
            f"this clone belongs to {user_name(owner) or f'user {owner}'}; root would leave files that its owner cannot use",
            fix="./devkit up, without sudo", exit_code=ExitCode.USAGE,
        )  # fmt: skip


def _preflight(root: Path, engine: str) -> None:
    """Tells what is wrong with the machine and stops nobody: what cannot go on says so itself."""
    from devkit.doctor.preflight import early_findings  # while the platform starts, not before

    if found := early_findings(root, engine):
        say(f"devkit: doctor found\n{render_text(found)}\n    ./devkit doctor shows more")
