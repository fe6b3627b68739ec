"""A process may open enough files."""

from __future__ import annotations

from devkit.checks import check, warning
from devkit.doctor.facts.hardware import limit
from devkit.doctor.machine import Machine

_NEEDED = 1024


@check("limits.files", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning below 1024; macOS begins with 256."""
    soft, hard = (limit(machine, "NOFILE")[name] for name in ("soft", "hard"))
    if soft is None:
        return "no limit"
    if soft < _NEEDED:
        most = "unlimited" if hard is None else str(hard)
        fix = "ulimit -n 4096, in your shell's start-up file"
        if hard is not None and hard < _NEEDED:
            more = "launchctl limit maxfiles" if machine.platform == "darwin" else "/etc/security/limits.conf"
            fix = f"the limit itself is {most}: raise it in {more}"
        raise warning(
            f"a process may open {soft} files (ulimit -n): watching, databases and a page's packages take more",
            fix,
        )
    return str(soft)
