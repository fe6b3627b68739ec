"""What was observed of a machine, by name: kept while checks look at it, and enough to judge it again elsewhere.

An observation is plain JSON data, or the problem that it ended with. Only functions marked `observed` (devkit.doctor.machine)
look at the world; all else follows from what they saw.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import NoAnswer
from devkit.checks import Problem, Skipped
from devkit.checks.problem import NotRecorded
from devkit.findings.model import Severity

__all__ = ["Environ", "Json", "Record"]

Json = Any
MASKED = "masked"


@dataclass
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: dict[str, Json] | None = None


class Record:
    """Observations by name. `replayed`: those of a recorded machine; then nothing is looked at any more.

    Safe to use from several threads.
    """

    def __init__(self, replayed: Mapping[str, Mapping[str, Json]] | None = None) -> None:
        self.replayed = replayed
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def observe(self, name: str, look: Callable[[], Json]) -> Json:
        """What `look` returns, or raises, asked once; whoever asks meanwhile waits.

        Raises NotRecorded when the recorded machine lacks it, or has it masked.
        """
        if self.replayed is not None:
            found = self.replayed.get(name)
            if found is None or found.get(MASKED):
                raise NotRecorded(name)
            return _told(found)
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
        with entry.lock:
            if entry.found is None:
                entry.found = _seen(look)
        return _told(entry.found)

    def forget(self) -> None:
        """Everything is looked at again: something was changed."""
        with self._lock:
            self._entries.clear()

    def entries(self) -> dict[str, dict[str, Json]]:
        """What was observed so far, by name: `{"value": …}` or `{"problem": …}`."""
        with self._lock:
            known = dict(self._entries)
        return {name: entry.found for name, entry in sorted(known.items()) if entry.found is not None}


class Environ(Mapping[str, str]):
    """Variables of the shell. Notes which are read, since only these are recorded; of a recorded machine's, those whose value
    was masked cannot be read, though they can be seen to be set."""

    def __init__(self, values: Mapping[str, str], masked: frozenset[str] = frozenset()) -> None:
        self._values, self._masked = dict(values), masked
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        if name in self._masked:
            raise NotRecorded(f"the value of {name}")
        value = self._values[name]
        self.read.add(name)
        return value

    def whole(self) -> dict[str, str]:
        """All of them, for a program that is called; none counts as read."""
        return dict(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._masked

    def __iter__(self) -> Iterator[str]:
        return iter((*self._values, *self._masked))

    def __len__(self) -> int:
        return len(self._values) + len(self._masked)


def _seen(look: Callable[[], Json]) -> dict[str, Json]:
    try:
        # As a recorded one would be: what cannot be written as JSON is noticed here, not in a bundle.
        return {"value": json.loads(json.dumps(look()))}
    except (Skipped, Problem, DevkitError, NoAnswer, OSError, ValueError) as problem:
        return {"problem": _written(problem)}


def _told(found: Mapping[str, Json]) -> Json:
    if "problem" in found:
        raise _read(found["problem"])
    return found.get("value")


def _written(problem: Exception) -> dict[str, Json]:
    if isinstance(problem, Skipped):
        return {"kind": "skipped", "message": str(problem)}
    if isinstance(problem, Problem):
        severity, advice = problem.severity.value, problem.advice
        return {"kind": "problem", "message": problem.message, "advice": advice, "severity": severity}
    if isinstance(problem, DevkitError):
        code = problem.exit_code.name
        return {"kind": "error", "message": problem.message, "fix": problem.fix, "exit": code}
    if isinstance(problem, NoAnswer):
        return {"kind": "no-answer", "message": str(problem), "late": problem.late}
    if isinstance(problem, OSError) and problem.errno:
        return {"kind": "system", "errno": errno.errorcode.get(problem.errno, str(problem.errno))}
    if isinstance(problem, ValueError):
        return {"kind": "value", "message": str(problem)}
    late = isinstance(problem, TimeoutError)
    return {"kind": "timeout" if late else "system", "message": str(problem), "errno": None}


def _read(given: Mapping[str, Json]) -> Exception:
    message = str(given.get("message", ""))
    match given.get("kind"):
        case "skipped":
            return Skipped(message)
        case "problem":
            return Problem(message, given.get("advice"), severity=Severity(given.get("severity", "error")))
        case "error":
            return DevkitError(
                message, fix=given.get("fix"), exit_code=ExitCode[given.get("exit", "CHECK_FAILED")]
            )
        case "no-answer":
            return NoAnswer(message, late=bool(given.get("late")))
        case "value":
            return ValueError(message)
        case "timeout":
            return TimeoutError(message)
        case _ if given.get("errno"):
            number = getattr(errno, str(given["errno"]), 0)
            return OSError(number, os.strerror(number))
        case _:
            return OSError(message)
