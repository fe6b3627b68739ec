"""A machine for doctor's checks to look at: a small clone, a home folder, and programs that answer as the real ones do."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devkit.checks import Outcome, Problem
from devkit.checks.selection import select, with_what_they_need
from devkit.doctor.catalogue import all_checks
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.record import Environ

from tests.support.demo import write_demo
from tests.support.polling import PATIENCE

__all__ = ["Said", "Workplace", "make_workplace", "only_problem"]


@dataclass(frozen=True)
class Said:
    """What a program prints, and its exit code."""

    out: str = ""
    err: str = ""
    code: int = 0


@dataclass
class Workplace:
    """One developer's machine. `environ` has a PATH of `programs` alone, and HOME; change it before `run`."""

    root: Path
    home: Path
    programs: Path
    engine: str = "tilt"
    platform: str = sys.platform
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        """The machine as it is now, with nothing asked yet."""
        return Machine(
            self.root,
            self.engine,
            environ=Environ(self.environ),
            platform=self.platform,
            installation=self.root,
        )

    def run(self, id: str, *, alone: bool = False) -> Outcome:
        """What comes of a check, after those that it builds on (as `doctor --only` does), or `alone`. How long it takes is
        no matter: what it asks has deadlines of its own."""
        known = [replace(check, deadline=PATIENCE) for check in all_checks(self.root)]
        checks = with_what_they_need(known, select(known, [id], [], "doctor"))
        wanted = [check for check in checks if check.id == id] if alone else checks
        return next(o for o in look(self.machine, wanted) if o.check.id == id)

    def write(self, path: str, content: str | Mapping[str, Any]) -> Path:
        """A file of the home folder; a mapping is written as JSON."""
        return _write(self.home / path, content)

    def in_clone(self, path: str, content: str | Mapping[str, Any]) -> Path:
        """A file of the clone; a mapping is written as JSON."""
        return _write(self.root / path, content)

    def program(self, name: str, script: str) -> Path:
        """A stand-in on PATH, a shell script."""
        path = _write(self.programs / name, f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def answers(self, name: str, answers: Mapping[str, str | Said | Mapping[str, Any]]) -> Path:
        """A stand-in that answers to its arguments, joined by spaces: the first pattern (with `*`) that fits counts.

        A mapping is printed as JSON. To anything else it exits with 64 and says which arguments it got.
        """
        cases = []
        for number, (pattern, answer) in enumerate(answers.items()):
            said = answer if isinstance(answer, Said) else Said(_text(answer))
            out = _write(self.programs / f".{name}" / f"{number}.out", said.out)
            err = _write(self.programs / f".{name}" / f"{number}.err", said.err)
            fits = "*".join(shlex.quote(part) if part else "" for part in pattern.split("*"))
            cases.append(
                f"{fits}) /bin/cat {shlex.quote(str(out))}; /bin/cat {shlex.quote(str(err))} >&2; exit {said.code};;"
            )
        listed = "\n".join(cases)
        return self.program(
            name, f'case "$*" in\n{listed}\nesac\necho "{name}: not expected: $*" >&2\nexit 64'
        )

    def hangs(self, name: str) -> Path:
        """A stand-in that never answers."""
        return self.program(name, "exec /bin/sleep 100000")


def make_workplace(folder: Path, *, engine: str = "tilt", namespace: str = "demo-dev") -> Workplace:
    """A machine with the tests' small platform as its clone, an empty home and no program at all."""
    root, home, programs = folder / "clone", folder / "home", folder / "bin"
    for each in (root, home, programs):
        each.mkdir(parents=True)
    write_demo(root, namespace)
    return Workplace(root, home, programs, engine, environ={"PATH": str(programs), "HOME": str(home)})


def only_problem(outcome: Outcome) -> Problem:
    """The one problem that a check found."""
    assert len(outcome.problems) == 1, f"{outcome.check.id}: {outcome}"
    return outcome.problems[0]


def _text(answer: str | Mapping[str, Any]) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer)


def _write(path: Path, content: str | Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():  # to a program of this machine, which is never written to
        path.unlink()
    path.write_text(_text(content), "utf-8")
    return path
