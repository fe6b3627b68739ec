"""A check in a process of its own, which has limits, mounts or a user that the tests' process cannot take."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.machine import Workplace
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

__all__ = [
    "Found",
    "as_first_process",
    "in_own_mounts",
    "in_own_network",
    "in_own_users",
    "mounted_over",
    "run_elsewhere",
]

_RUN = """
import json, sys
from pathlib import Path
given = json.loads(sys.argv[1])
{prepare}
sys.path[:0] = [given["tools"], given["libs"]]
from devkit.checks.selection import select, with_what_they_need
from devkit.doctor.catalogue import all_checks
from devkit.doctor.machine import Machine
from devkit.doctor.record import Environ
from devkit.doctor.look import look
root = Path(given["root"])
known = all_checks(root)
checks = with_what_they_need(known, select(known, [given["id"]], [], "doctor"))
machine = Machine(root, given["engine"], environ=Environ(given["environ"]), platform=given["platform"], installation=root)
outcome = next(o for o in look(machine, checks) if o.check.id == given["id"])
print(json.dumps(dict(seen=outcome.seen, skipped=outcome.skipped, problems=[
    dict(severity=p.severity.value, message=p.message, advice=p.advice, part=p.part) for p in outcome.problems])))
"""


@dataclass(frozen=True)
class Found:
    """What came of it. `problem` is the only one there was, as JSON has it: severity, message, advice, part."""

    seen: str
    skipped: str | None
    problems: list[dict[str, Any]]

    @property
    def problem(self) -> dict[str, Any]:
        assert len(self.problems) == 1, self
        return self.problems[0]


def run_elsewhere(
    workplace: Workplace, id: str, prepare: str = "", *, prefix: tuple[str, ...] = (), path: tuple[str, ...] = ()
) -> Found:  # fmt: skip
    """What comes of a check after the lines of Python in `prepare`; `prefix` is a command that runs it, `path` more
    places for modules (with it, nothing else that is installed is there)."""
    given = {
        "tools": str(ROOT / "tools"), "libs": str(ROOT / "libs"), "root": str(workplace.root), "id": id,
        "engine": workplace.engine, "environ": workplace.environ, "platform": workplace.platform,
    }  # fmt: skip
    code = _RUN.replace("{prepare}", "".join(f"sys.path.append({each!r})\n" for each in path) + prepare)
    bare = ("-S",) if path else ()
    done = subprocess.run(
        [*prefix, sys.executable, "-E", "-s", "-P", *bare, "-c", code, json.dumps(given)],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def in_own_mounts() -> tuple[str, ...]:
    """The command that gives a process mounts of its own. Skips where the system does not."""
    return _unshare("--mount")


def in_own_users() -> tuple[str, ...]:
    """The command that makes a process nobody in particular, whose limits are its own. Skips where the system does not."""
    command = ("unshare", "--user")
    if not _works(command):
        pytest.skip("this system lets nobody make a namespace (unshare --user)")
    return command


def in_own_network() -> tuple[str, ...]:
    """The command that gives a process a network of its own, in which nothing is up. Skips where the system does not."""
    return _unshare("--net")


def as_first_process() -> tuple[str, ...]:
    """The command that makes a program the first process of a namespace, as in a container: its only child. Skips where the
    system does not."""
    for command in (("unshare",), ("unshare", "--user", "--map-root-user")):
        whole = (*command, "--pid", "--mount-proc", "--fork", "--kill-child")
        if _works(whole):
            return whole
    pytest.skip("this system lets nobody make a namespace (unshare --pid)")


def mounted_over(target: Path, *options: str, kind: str | None = None, source: Path | None = None) -> str:
    """Lines of Python that mount a file system, a file or a folder over another, for `in_own_mounts`."""
    calls = [["mount", "--make-rprivate", "/"]]
    if kind is not None:
        calls += [["mount", "-t", kind, "-o", ",".join(options) or "rw", kind, str(target)]]
    else:
        calls += [["mount", "--bind", str(source or target), str(target)]]
        calls += [["mount", "-o", option, str(target)] for option in options]
    return "import subprocess\n" + "".join(f"subprocess.run({call!r}, check=True)\n" for call in calls)


@cache
def _works(command: tuple[str, ...]) -> bool:
    return (
        shutil.which("unshare") is not None
        and not subprocess.run([*command, "true"], capture_output=True).returncode
    )


def _unshare(kind: str) -> tuple[str, ...]:
    for command in (("unshare", kind), ("unshare", "--user", "--map-root-user", kind)):
        if _works(command):
            return command
    pytest.skip("this system lets nobody make a namespace (unshare)")
