"""What must run here before anything is sent to it: what answers on its port otherwise may be anybody's."""

from __future__ import annotations

from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.events import State, Status
from devkit.engines.local.client import NothingRuns, ask

__all__ = ["crashed", "how_to_fix", "require_unit"]

# In these its port is the fork server's or its own: nobody else can answer there.
_HOLDS_ITS_PORT = (State.READY, State.STARTING, State.UNREADY)


def require_unit(root: Path, name: str) -> None:
    """Raises DevkitError (exit 5) unless a unit of this clone's platform is there to take what is sent to it."""
    try:
        units = ask(root, do="status", examine=False)["units"]
    except NothingRuns as problem:
        raise DevkitError(problem.message, fix=problem.fix, exit_code=ExitCode.REFUSED) from None
    unit = next((Status.from_json(each) for each in units if each["name"] == name), None)
    if unit is None:
        raise DevkitError(
            f"{name} is not among what ./devkit up was asked to start",
            fix=f"./devkit up {name}", exit_code=ExitCode.REFUSED,
        )  # fmt: skip
    if unit.state is State.CRASHED:
        raise crashed(unit, ExitCode.REFUSED)
    if unit.state is State.STOPPED:
        raise DevkitError(f"{name} is stopped", fix=f"./devkit up {name}", exit_code=ExitCode.REFUSED)
    if unit.state not in _HOLDS_ITS_PORT:
        raise DevkitError(
            f"{name} does not take anything yet: {unit.detail or unit.state.value}",
            fix="./devkit status shows how it is", exit_code=ExitCode.REFUSED,
        )  # fmt: skip


def crashed(unit: Status, exit_code: ExitCode = ExitCode.CHECK_FAILED) -> DevkitError:
    """A crashed unit, with its last lines."""
    wrote = "\n".join(f"    {line}" for line in unit.last_lines)
    return DevkitError(
        f"{unit.name} {unit.detail}; its last lines:\n{wrote}",
        fix=f"{how_to_fix(unit)}; ./devkit logs {unit.name} has more",
        exit_code=exit_code,
    )


def how_to_fix(unit: Status) -> str:
    """What to do about a unit that crashes; a database that refuses its data needs more than a save."""
    from devkit.model import Card  # only where something is wrong

    is_store = unit.card == Card.STORE.value
    return "./devkit doctor tells why" if is_store else "fix it and save: devkit tries again"
