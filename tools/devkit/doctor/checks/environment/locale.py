"""Text is UTF-8."""

from __future__ import annotations

from devkit.checks import check, note, warning
from devkit.doctor.machine import Machine

_FIRST = ("LC_ALL", "LC_CTYPE", "LANG")


@check("environment.locale", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning for another encoding, a note when none is set."""
    name = next((name for name in _FIRST if machine.environ.get(name)), None)
    default = "en_US.UTF-8" if machine.platform == "darwin" else "C.UTF-8"
    if name is None:
        raise note(
            "neither LC_ALL nor LANG is set: programs guess the text encoding", f"export LANG={default}"
        )
    value = machine.environ[name]
    encoding = value.partition(".")[2].partition("@")[0].lower().replace("-", "")
    if encoding == "utf8":
        return value[:40]
    if value in ("C", "POSIX"):
        raise note(
            f"{name} is {value}: Python and devkit use UTF-8 anyway, git and others write names with \\303…",
            f"export {name}={default}",
        )
    if not encoding:
        raise note(
            f"{name} is {value[:40]!r}, which is not UTF-8",
            f"export {name}={value[:5]}.UTF-8 (locale -a lists what there is)",
        )
    raise warning(
        f"{name} is {value[:40]!r}: non-ASCII text is read and written wrongly",
        f"export {name}={default}",
    )
