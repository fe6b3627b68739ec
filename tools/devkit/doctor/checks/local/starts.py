"""The embedded databases of the running platform come up."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Problems, Skipped, check
from devkit.doctor.checks.local import append_only, data
from devkit.doctor.facts.needs import runs
from devkit.doctor.facts.stores import failing
from devkit.doctor.machine import Machine
from devkit.findings.model import Severity

_LOOKS_AT_DATA = {"postgres": data.run, "redis-server": append_only.run}
# What is in the last line, what that means, and what to do about it.
_CAUSES = (
    (
        r"unshare: |no user namespace",
        "Postgres does not run as root, and no user namespace can be made",
        "run devkit as an ordinary user",
    ),
    (
        r"No space left on device|[Qq]uota exceeded|disk of \.devkit is full",
        "the disk is full",
        "free some space: du -xsh ~/* .devkit 2>/dev/null | sort -h | tail; devkit then tries again by itself",
    ),
    (
        r"another Postgres \(pid (\d+)\)",
        "a Postgres that devkit did not start has its data",
        r"kill -INT \1; devkit then tries again by itself",
    ),
    (
        r"shared memory|/dev/shm",
        "the system's shared memory (/dev/shm) cannot be used",
        "./devkit down, then ./devkit up: it does without where /dev/shm is missing",
    ),
    (
        r"Permission denied|wrong ownership|invalid permissions|Operation not permitted",
        "files of its data may not be read or written",
        'sudo chown -R "$(id -u)" .devkit && chmod -R u+rwX .devkit',
    ),
    (
        r"Address already in use|could not bind|bind: ",
        "its port is in use",
        "./devkit doctor --only ports names who has it",
    ),
    (
        r"incompatible|RDB format version|not initialized by this version",
        "the data is from another version",
        "put back the version that .devkit was created with; ./devkit reset makes new data, the old are lost",
    ),
)
_UNKNOWN = "./devkit logs {name} has more; ./devkit reset makes new data, the old are lost"


@check("local.starts", __doc__, after=("project.table",), engine="local", deadline=30.0)
def run(machine: Machine) -> str:
    """Raises Problem for each that crashes again and again, unless the check of its data says why."""
    if not machine.fact(runs):
        raise Skipped("the platform does not run")
    found = failing(machine)
    if not found:
        return "all are up"
    problems, told = [], []
    for each in found:
        name, program = each["name"], each["program"]
        if checked := _told(machine, program):
            told.append(f"{name}: see {checked}")
            continue
        last = each["last"] or each["detail"]
        means, advice = _cause(f"{last}\n{each['detail']}")
        because = f": {means}" if means else ""
        problems.append(
            Problem(
                f"{name} does not start{because}; its last line: {last}", advice.format(name=name), part=name
            )
        )
    if problems:
        raise Problems(problems)
    return "; ".join(told)


def _told(machine: Machine, program: str) -> str | None:
    """The check that finds something wrong with the data of a program."""
    looks = _LOOKS_AT_DATA[program]
    try:
        looks.run(machine)
    except (Problem, Problems) as found:
        return None if _is_note(found) else looks.id
    except (Skipped, DevkitError):
        pass
    return None


def _is_note(found: Problem | Problems) -> bool:
    """Whether it is nothing that keeps a database from starting."""
    each = found.problems if isinstance(found, Problems) else [found]
    return all(problem.severity is Severity.NOTE for problem in each)


def _cause(words: str) -> tuple[str, str]:
    for pattern, means, advice in _CAUSES:
        if found := re.search(pattern, words):
            return means, found.expand(advice) if found.groups() else advice
    return "", _UNKNOWN
