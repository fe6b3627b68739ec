"""Nobody else on this machine can read the secrets."""

from __future__ import annotations

import stat

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, check, warning
from devkit.doctor.facts.files import there
from devkit.doctor.facts.place import is_wsl, mount
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.machine import Machine
from devkit.secrets import secret_file
from devkit.secrets.inspect import SHOWN, open_mode


@check("secrets.mode", __doc__, after=("secrets.present",))
def run(machine: Machine) -> str:
    """Raises Problem; on Windows' side of WSL, where file modes have no effect, a warning that says so."""
    machine.fact(secrets_read)
    mode = there(machine, SHOWN).mode
    if problem := next(map(Problem.of, open_mode(mode)), None):
        where = mount(machine, machine.root)
        if where and where.kind in ("9p", "drvfs") and is_wsl(machine):
            raise warning(
                f"{problem.message}, and file modes have no effect on {where.folder}, Windows' side",
                "clone into the Linux side, below ~",
                place=problem.place,
            )
        raise Problem(problem.message, place=problem.place, fix=Fix(f"chmod 600 {SHOWN}", _close))
    return f"{mode:04o}"


def _close(machine: Machine) -> None:
    path = secret_file(machine.root)
    try:
        path.chmod(0o600)
    except OSError as problem:
        raise DevkitError(f"{SHOWN}: {problem.strerror}") from None
    if next(open_mode(stat.S_IMODE(path.stat().st_mode)), None) is not None:
        raise DevkitError("file modes have no effect on this file system", fix="move the clone to another")
