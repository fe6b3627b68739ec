"""`devkit up SERVICE` while Tilt runs: what is asked for is added to what Tilt was asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from devkit.base.console import say
from devkit.base.errors import DevkitError
from devkit.engines.protocol import UpRequest
from devkit.engines.tilt.program import page_port, resources, tilt, tiltfile_arguments
from devkit.model import Table
from devkit.table.overrides import CONFIG_FILE, groups

__all__ = ["Asked", "add"]

_SECONDS = 30.0


@dataclass(frozen=True)
class Asked:
    """The arguments of a running Tiltfile: services and groups, and the settings behind them."""

    services: tuple[str, ...]
    settings: tuple[str, ...]

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Asked:
        """From how `tilt up -- …` has them."""
        settings = [each for each in arguments if each.startswith("-")]
        return cls(tuple(each for each in arguments if not each.startswith("-")), tuple(settings))


def add(table: Table, wanted: UpRequest) -> bool:
    """Has Tilt run these services too. Returns whether anything is to come up. Raises DevkitError for what counts at a start."""
    asked = Asked.read(tiltfile_arguments())
    if wanted.port_offset is not None and f"--port_offset={wanted.port_offset}" not in asked.settings:
        raise _at_start(
            "--port-offset", f"./devkit down, then ./devkit up --port-offset {wanted.port_offset}"
        )
    if wanted.seed:
        raise _at_start("--seed", "./devkit db seed fills in the example data now")
    members = groups(table)
    names = [name for word in wanted.services for name in members.get(word, (word,))]
    there = {one.name: one for one in resources()}
    if disabled := [name for name in names if name in there and not there[name].enabled]:
        _tell_tilt("enable", *disabled)
    missing = [word for word in wanted.services if not _is_there(word, members.get(word, (word,)), there)]
    if missing and not asked.services:
        off = ", ".join(missing)
        raise DevkitError(
            f"{off} is not among what Tilt was asked to run, which is everything that {CONFIG_FILE} has on",
            fix=f"switch it on in {CONFIG_FILE}: Tilt takes it up by itself",
        )
    if missing:
        _tell_tilt("args", after=[*asked.services, *missing, *asked.settings])
    if not missing and not disabled:
        runs = "runs" if len(wanted.services) < 2 else "run"
        what = ", ".join(wanted.services) or "everything"
        say(f"devkit: {what} {runs} already: http://localhost:{page_port()}; ./devkit status shows it")
    return bool(missing or disabled)


def _is_there(word: str, names: Collection[str], there: Collection[str]) -> bool:
    """A group is there when one of it is: what is switched off is none of it."""
    return any(name in there for name in (word, *names))


def _at_start(what: str, fix: str) -> DevkitError:
    return DevkitError(f"Tilt runs this clone already; {what} counts at its start", fix=fix)


def _tell_tilt(what: str, *names: str, after: Sequence[str] = ()) -> None:
    command = [tilt(), what, "--port", str(page_port()), *names, *(["--", *after] if after else [])]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
        wrote = done.stderr.strip() if done.returncode else ""
    except subprocess.TimeoutExpired:
        wrote = f"it has not answered for {_SECONDS:.0f} s"
    if wrote:
        raise DevkitError(f"tilt {what} failed: {wrote}", fix=f"Tilt's UI: http://localhost:{page_port()}")
