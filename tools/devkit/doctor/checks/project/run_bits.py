"""Scripts are executable."""

from __future__ import annotations

import os
import stat

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, warning
from devkit.doctor.facts.files import there
from devkit.doctor.facts.place import mount
from devkit.doctor.facts.tracked import tracked_files
from devkit.doctor.machine import Machine

_LAUNCHER = "devkit"
_NAMED = 4


@check("project.run-bits", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem for the launcher, a warning for others."""
    try:
        names = [each.path for each in machine.fact(tracked_files) if each.runnable]
    except Skipped:
        names = [_LAUNCHER]
    lying = {name: there(machine, name) for name in names}
    present = [name for name, found in lying.items() if found.is_file]
    refused = [name for name in present if not lying[name].runnable]
    if not refused:
        return ", ".join(present[:_NAMED]) or "none"
    listed = ", ".join(refused[:_NAMED]) + (
        f" and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
    )
    worse = Problem if _LAUNCHER in refused else warning
    if all(lying[name].mode & stat.S_IXUSR for name in refused):
        where = mount(machine, machine.root)
        at = f" ({where.folder} is mounted noexec)" if where and "noexec" in where.options else ""
        raise worse(
            f"{listed} may not be run: this file system forbids it{at}",
            "move the clone to one that does not; until then: sh ./devkit",
        )
    fix = Fix(f"chmod +x {' '.join(refused)}", lambda machine: _fix(machine, refused))
    raise worse(f"{listed} may not be run: the executable bit is missing (git has it)", fix=fix)


def _fix(machine: Machine, names: list[str]) -> None:
    for name in names:
        path = machine.root / name
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError as problem:
            raise DevkitError(f"{name}: {problem.strerror}") from None
        if not os.access(path, os.X_OK):
            raise DevkitError(f"{name}: the executable bit has no effect on this file system")
