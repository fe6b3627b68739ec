"""No Node.js variable of the shell breaks what runs on it."""

from __future__ import annotations

import shlex

from devkit.checks import Problem, Problems, Skipped, check, note, warning
from devkit.doctor.facts.files import there
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine

_LOADS = ("-r", "--require", "--import", "--loader", "--experimental-loader")


@check("environment.node-env", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems: a note for NODE_ENV, a warning for a NODE_OPTIONS with which Node does not start."""
    if not machine.fact(table).having(lambda kind: "node" in kind.runs_on):
        raise Skipped("no service of the table runs on Node.js")
    problems: list[Problem] = []
    mode = machine.environ.get("NODE_ENV", "")
    if mode and mode != "development":
        problems.append(
            note(
                "NODE_ENV is set in this shell. up ignores it (services get the table's, npm ci fetches everything); npm called "
                "by hand leaves development packages (Vite) out when it is production",
                "unset NODE_ENV",
                part="mode",
            )
        )
    if missing := _missing(machine):
        problems.append(
            warning(
                f"NODE_OPTIONS loads {missing[:80]}, which does not exist: node and npm do not start",
                "unset NODE_OPTIONS",
                part="options",
            )
        )
    if problems:
        raise Problems(problems)
    return "none is set"


def _missing(machine: Machine) -> str | None:
    """The first file that NODE_OPTIONS wants loaded and that is not there."""
    try:
        words = shlex.split(machine.environ.get("NODE_OPTIONS", ""))
    except ValueError:
        return None
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _LOADS:
            file = value if equals else next(iter(words[index + 1 :]), "")
            if file.startswith(("/", "./")) and not _exists(machine, file):
                return file
    return None


def _exists(machine: Machine, file: str) -> bool:
    return any(there(machine, machine.root / (file + ending)) for ending in ("", ".js", ".cjs", ".json"))
