"""The machine as the checks see it: its environment, its programs, and facts that are asked for once."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from devkit.base.paths import INSTALLATION
from devkit.base.proc import Answer, NoAnswer, ask_program, find_program
from devkit.base.shell import shell_environment
from devkit.base.users import home_folder
from devkit.checks import Problem
from devkit.doctor.record import Environ, Json, Record

__all__ = ["Machine", "observed"]

T = TypeVar("T")
P = ParamSpec("P")


@dataclass
class _Fact:
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: bool = False
    value: object = None
    problem: Exception | None = None


@dataclass
class Machine:
    """What a check is given. `engine` is what `up` would take here: tilt or local;
    `installation` the folder that devkit lies in, with its launcher, locks and .venv. Safe to use from several threads.

    Of a recorded machine `record` answers everything, and `root` and `home` are names, not folders.

    >>> def check(machine):
    ...     answer = machine.ask("git", "--version")
    ...     return answer.out.strip()
    """

    root: Path
    engine: str
    environ: Environ = field(default_factory=lambda: Environ(shell_environment()))
    platform: str = sys.platform
    installation: Path = INSTALLATION
    record: Record = field(default_factory=Record)
    # Where the table and tilt_config.json are read: the clone, or a recorded machine's copies of them.
    files: Path | None = None
    _facts: dict[object, _Fact] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def home(self) -> Path:
        """The person's folder; the clone when there is none that can be entered, so that looking there finds nothing."""
        if self.record.replayed is not None:
            return Path("~")
        try:
            home = home_folder(self.environ)
            return home if not home.exists() or os.access(home, os.X_OK) else self.root
        except (OSError, ValueError):
            return self.root

    @property
    def clone(self) -> Path:
        """The folder with the table and tilt_config.json."""
        return self.files or self.root

    def fact(self, look: Callable[[Machine], T]) -> T:
        """What `look` says of this machine, asked once; whoever asks meanwhile waits. Raises its problem for all."""
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
        """Everything is asked again: something was fixed."""
        with self._lock:
            self._facts.clear()
        self.record.forget()

    def program(self, name: str) -> Path | None:
        """The first of that name on PATH."""
        found: str | None = self.record.observe(
            f"program {name}", lambda: _text(find_program(name, self.environ))
        )
        return Path(found) if found else None

    def ask(self, *command: str | Path, timeout: float = 4.0) -> Answer:
        """What a program answers within `timeout` seconds, whatever its exit code. Raises Problem when it does not."""
        name = Path(command[0]).name
        found = str(command[0]) == name or self.program(name) == command[0]
        call = " ".join(map(_quoted, [name if found else command[0], *command[1:]]))

        def look() -> Json:
            said = ask_program(command, timeout=timeout, environ=self.environ.whole(), folder=self.root)
            return {"code": said.code, "out": said.out, "err": said.err}

        try:
            return Answer(**self.record.observe(f"ask {call}", look))
        except NoAnswer as reason:
            short = " ".join([name, *map(str, command[1:3])])
            raise Problem(str(reason), f"try it yourself: {short}" if reason.late else None) from None

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


def observed(
    name: str,
) -> Callable[[Callable[Concatenate[Machine, P], T]], Callable[Concatenate[Machine, P], T]]:
    """Marks a function that looks at the world: it is called once for the same arguments, what it returns is recorded under
    its name and arguments, and of a recorded machine it is not called at all.

    It returns what can be written as JSON: text, numbers, lists, mappings with keys of text, None. It may raise OSError,
    DevkitError, Problem or Skipped.
    """

    def marked(look: Callable[Concatenate[Machine, P], T]) -> Callable[Concatenate[Machine, P], T]:
        @functools.wraps(look)
        def ask(machine: Machine, /, *args: P.args, **options: P.kwargs) -> T:
            key = " ".join([name, *map(str, args)])
            found: T = machine.record.observe(key, lambda: look(machine, *args, **options))
            return found

        return ask

    return marked


def _quoted(part: str | Path) -> str:
    """As a person would type it; a recorded machine's `<clone>` stays as it is."""
    text = str(part)
    return text if text and not any(map(str.isspace, text)) else f"'{text}'"


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
