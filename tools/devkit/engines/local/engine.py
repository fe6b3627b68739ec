"""The local engine as commands see it: up, down, restart, reset, and what it runs."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

from devserve.client import ForkClient

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir, table_file
from devkit.engines.local.belongings import belongings
from devkit.engines.local.ending import end_leftovers, end_platform
from devkit.engines.local.live.screen import Screen, has_screen
from devkit.engines.local.operations import Asked
from devkit.engines.local.place import refuse_without_modes
from devkit.engines.local.state import one_supervisor
from devkit.engines.local.supervisor import Supervisor
from devkit.engines.local.units import Unit, units_for, wanted_ports
from devkit.engines.local.view import PlainView
from devkit.engines.ports import refuse_taken_ports
from devkit.engines.protocol import UpRequest
from devkit.findings import render_text
from devkit.model import Table
from devkit.secrets import ensure_secrets, read_secrets
from devkit.table.load import load_table, read_table
from devkit.table.overrides import CONFIG_FILE, parse_overrides, read_config
from devkit.types.postgres.server import postgres_folder
from devkit.types.redis.server import redis_folder

__all__ = ["prepare", "reset_data", "run_platform"]


def prepare(root: Path, wanted: UpRequest, offset: int) -> list[Unit]:
    """Reads the table, makes missing secrets, ends leftovers of a killed run, and checks the ports. Returns what is to run.

    Raises DevkitError before anything has started.
    """
    refuse_without_modes(root)  # before secrets are written
    units = _plan(root, wanted, offset, Asked(wanted.services))
    found = belongings(root)
    if supervisor := found.supervisor:
        raise DevkitError(
            f"the platform already runs in this clone (pid {supervisor.pid}), though its state here is gone",
            fix="./devkit down ends it",
        )
    if left := end_leftovers(found):
        say(f"devkit: stopped what a killed run had left: {', '.join(left)}")
    refuse_taken_ports(wanted_ports(units), offset)
    return units


def _offset(root: Path, wanted: UpRequest) -> int:
    """What was asked for, else what tilt_config.json says. Raises DevkitError (exit 2) for mistakes there."""
    if wanted.port_offset is not None:
        return wanted.port_offset
    values, spots = read_config(root)
    if not values:
        return 0
    offset = parse_overrides(read_table(table_file(root)), values, spots).port_offset
    if offset:
        say(f"devkit: ports moved up by {offset} ({CONFIG_FILE})")
    return offset


def _refuse_missing_shared(root: Path, table: Table) -> None:
    """Raises DevkitError (exit 2) where services would end with ModuleNotFoundError: a table from before `shared` was a key."""
    if table.shared:
        return
    _, findings = load_table(table_file(root), look_around=True)
    if missing := [finding for finding in findings if finding.id == "table.missing-shared"]:
        raise DevkitError(render_text(missing), exit_code=ExitCode.USAGE)


def _plan(root: Path, wanted: UpRequest, offset: int, asked: Asked) -> list[Unit]:
    """The units as they are to run now. Missing secrets are made."""
    table = read_table(table_file(root))
    _refuse_missing_shared(root, table)
    if added := ensure_secrets(root, table):
        say(f"devkit: generated {', '.join(added)} in k8s/dev/secret.yaml")
    secrets = read_secrets(root, table)
    if wanted.database_url:
        secrets["DATABASE_URL"] = wanted.database_url
    return units_for(root, table, secrets, offset=offset, only=asked.only, also=asked.also, seed=wanted.seed)


def run_platform(root: Path, wanted: UpRequest, forks: ForkClient) -> int:
    """Runs until Ctrl-C, SIGTERM or `down`. The clone's lock is held and the fork server launched (`start.run_here`)."""
    try:
        offset = _offset(root, wanted)
        units = prepare(root, wanted, offset)
    except BaseException:
        forks.abandon()
        raise
    supervisor = Supervisor(
        root,
        units,
        forks,
        offset=offset,
        database_url=wanted.database_url,
        asked=wanted.services,
        replan=lambda asked: _plan(root, wanted, offset, asked),
    )
    names = [unit.name for unit in units]
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(Screen(root, names)) if has_screen() else None
        supervisor.listen(screen or PlainView(names))
        asyncio.run(supervisor.run())
    say("devkit: stopped; data is kept")
    return 0


def reset_data(root: Path) -> list[str]:
    """Deletes the engine's own databases and logs; never the developer's own database. Returns what went."""
    end_platform(root)
    gone = []
    with one_supervisor(root):
        for folder in (postgres_folder(root), redis_folder(root), state_dir(root) / "logs"):
            if folder.exists():
                shutil.rmtree(folder)
                gone.append(folder.relative_to(root).as_posix())
    return gone
