"""The files that git tracks, and how they are in the work tree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devkit.checks import Problem, Skipped
from devkit.doctor.machine import Machine

__all__ = ["Tracked", "tracked_files"]

_ENTRY = re.compile(
    r"(?P<mode>\d{6}) \S+ \d\ti/(?P<index>\S*) +w/(?P<here>\S*) +attr/[^\t]*\t(?P<path>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Tracked:
    """One file. `endings` are its line ends in the work tree in git's words: lf, crlf, mixed, none, -text (binary),
    or empty for a file that is not there; `kept` are those in the index. `runnable` as git has it."""

    path: str
    runnable: bool
    endings: str
    kept: str


def tracked_files(machine: Machine) -> tuple[Tracked, ...]:
    """Every plain file that git tracks. Raises Skipped where the clone is not git's."""
    git = machine.program("git")
    if git is None:
        raise Skipped("git is not on PATH")
    try:
        said = machine.ask(git, "ls-files", "--stage", "--eol", "-z")
    except Problem as problem:
        raise Skipped(f"git does not tell which files it tracks: {problem.message}") from None
    if said.code:
        raise Skipped(f"git does not tell which files it tracks: {said.last_line}")
    entries = (_ENTRY.fullmatch(line) for line in said.out.split("\0"))
    found = tuple(
        Tracked(entry["path"], entry["mode"] == "100755", entry["here"], entry["index"])
        for entry in entries
        if entry and entry["mode"].startswith("100")
    )
    if said.out.strip("\0 \n") and not found:
        raise Skipped("git's list of files is not understood")
    return found
