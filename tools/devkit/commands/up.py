"""`devkit up`: start the whole platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.engines.choice import NAMES, Choice, choose
from devkit.engines.events import State, Status
from devkit.engines.local.control import follow
from devkit.engines.local.daemon import Options, checked_database_url, run_detached
from devkit.engines.local.view import state_line
from devkit.engines.local.welcome import welcome
from devkit.findings import render_text


def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]…", help="Only these, with what they need and call."),
    ] = None,
    engine_name: Annotated[
        str | None,
        typer.Option(
            "--engine",
            help="tilt (a local Kubernetes) or local (processes); unless told, tilt where it and a safe cluster are.",
        ),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once everything is ready.")] = False,
    seed: Annotated[
        bool, typer.Option("--seed", help="Fill the database with example data once it is migrated.")
    ] = False,
    port_offset: Annotated[int, typer.Option(min=0, max=50000, help="Move every port up by this much.")] = 0,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="Use this database instead of the embedded one (no password in it: that belongs in secret.yaml)."
        ),
    ] = None,
) -> int:
    """Start Postgres, Redis, the services and the page; migrate; reload on save. Says which engine runs it and why."""
    root = project_root()
    chosen = Choice(engine_name, "as told") if engine_name else choose(root)
    if chosen.name not in NAMES:
        raise DevkitError(
            f"no engine {chosen.name!r}", hint=f"engines: {', '.join(NAMES)}", exit_code=ExitCode.USAGE
        )
    if not engine_name:
        say(f"devkit: engine {chosen.name}: {chosen.reason}")
    if chosen.name == "tilt":
        _look_first(root, chosen.name)
        from devkit.engines.tilt.start import up

        if database_url:
            hint = "put DATABASE_URL into k8s/dev/secret.yaml: the pods read it there"
            raise DevkitError("--database-url is the local engine's", hint=hint, exit_code=ExitCode.USAGE)
        return up(root, tuple(services or ()), port_offset, detach=detach, seed=seed)
    options = Options(port_offset, tuple(services or ()), checked_database_url(database_url), seed)

    def run_it() -> int:
        from devkit.engines.local.start import run_here  # not needed by the caller of a daemon

        return run_here(root, options)

    if not detach:
        _look_first(root, chosen.name)
        return run_it()
    run_detached(root, run_it, meanwhile=lambda: _look_first(root, chosen.name))
    return _report(_wait(root))


def _look_first(root: Path, engine: str) -> None:
    """Tells what is wrong with the machine and stops nobody: what cannot go on says so itself."""
    from devkit.doctor.preflight import early_findings  # while the platform starts, not before

    if found := early_findings(root, engine):
        say(f"devkit: doctor found\n{render_text(found)}\n    ./devkit doctor has more")


def _wait(root: Path) -> list[Status]:
    """Says what becomes ready until everything has settled."""
    said: dict[str, str] = {}
    for reply in follow(root):
        if "units" in reply:
            return [Status.from_json(unit) for unit in reply["units"]]
        status = Status.from_json(reply["status"])
        news = state_line(status)
        if news and said.get(status.name) != news:
            said[status.name] = news
            say(f"{status.name}: {news}")
    raise DevkitError("the supervisor ended", hint="./devkit logs shows what was written until then")


def _report(final: list[Status]) -> int:
    broken = [status for status in final if status.state not in (State.READY, State.DONE, State.OFF)]
    for status in broken:
        if status.state is State.WAITING:
            continue
        say(f"\ndevkit: {status.name} did not come up; its last lines:")
        for line in status.last_lines:
            say(f"    {line}")
    if broken:
        raise DevkitError(
            f"{', '.join(status.name for status in broken)} did not come up; the rest runs",
            hint=f"mend it and save: it is tried again. ./devkit logs {broken[0].name} has more; ./devkit down stops all",
        )
    emit(welcome(final))
    return ExitCode.OK
