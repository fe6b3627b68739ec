"""The machine as the checks see it: its environment, its programs, and facts that are asked for once."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from devkit.base.proc import Answer, NoAnswer, ask_program, find_program
from devkit.checks import Problem

__all__ = ["Machine"]

T = TypeVar("T")


@dataclass
class _Fact:
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: bool = False
    value: object = None
    problem: Exception | None = None


@dataclass
class Machine:
    """What a check is given. `engine` is what `up` would take here: tilt or local. Safe to use from several threads.

    >>> def check(machine):
    ...     answer = machine.ask("git", "--version")
    ...     return answer.out.strip()
    """

    root: Path
    engine: str
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    platform: str = sys.platform
    _facts: dict[object, _Fact] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def home(self) -> Path:
        """The person's folder; the clone when there is none that can be entered, so that looking there finds nothing."""
        try:
            home = Path(self.environ["HOME"]) if self.environ.get("HOME") else Path.home()
            return home if not home.exists() or os.access(home, os.X_OK) else self.root
        except (OSError, ValueError, RuntimeError, KeyError):
            return self.root

    def fact(self, look: Callable[[Machine], T]) -> T:
        """What `look` says of this machine, asked once; whoever asks meanwhile waits. A problem is raised for all."""
        with self._lock:
            fact = self._facts.setdefault(look, _Fact())
        with fact.lock:
            if not fact.known:
                try:
                    fact.value = look(self)
                except Exception as problem:
                    fact.problem = problem
                fact.known = True
        if fact.problem is not None:
            raise fact.problem
        return fact.value  # type: ignore[return-value]

    def forget(self) -> None:
        """Everything is asked anew: something was mended."""
        with self._lock:
            self._facts.clear()

    def program(self, name: str) -> Path | None:
        """The first of that name on PATH."""
        return find_program(name, self.environ)

    def ask(self, *command: str | Path, timeout: float = 4.0) -> Answer:
        """What a program answers within `timeout` seconds, whatever its exit code. Raises Problem when it does not."""
        try:
            return ask_program(command, timeout=timeout, environ=self.environ, folder=self.root)
        except NoAnswer as reason:
            call = " ".join([Path(command[0]).name, *map(str, command[1:3])])
            mend = f"try it yourself: {call}" if reason.late else None
            raise Problem(str(reason), mend) from None

    def ask_json(self, *command: str | Path, timeout: float = 4.0) -> Any:
        """As `ask`, for a program that prints JSON. Raises Problem when it fails or prints something else."""
        answer = self.ask(*command, timeout=timeout)
        name = Path(command[0]).name
        if answer.code:
            raise Problem(f"{name} says: {answer.last_line}")
        try:
            return json.loads(answer.out)
        except (ValueError, RecursionError):
            said = answer.out.strip().splitlines()
            raise Problem(
                f"{name} answered with something that is not JSON: {said[0][:80] if said else 'nothing'!r}",
                f"is {command[0]} the real one? (type -a {name})",
            ) from None
