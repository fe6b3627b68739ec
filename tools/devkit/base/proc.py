"""Runs other programs with a firm deadline, and leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Answer", "NoAnswer", "ask_program", "find_program"]

_MOST = 8 * 2**20  # bytes of an answer that are read


@dataclass(frozen=True)
class Answer:
    """What a program printed. `code` is its exit code, negative for a signal."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """Its own words on what went wrong: the last line of standard error, or of standard output."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"exit code {self.code}"


class NoAnswer(Exception):
    """Why there is none, fit to be shown. `late`: the program had not ended by its deadline."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


def find_program(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The first of that name on PATH."""
    with contextlib.suppress(OSError, ValueError):
        found = shutil.which(name, path=environ.get("PATH", ""))
        return Path(found) if found else None
    return None


def ask_program(
    command: Sequence[str | Path],
    *,
    timeout: float,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Answer:
    """Runs a program that answers and ends. It gets no input, and an English locale.

    Its output goes to files, not pipes: a grandchild that keeps one open cannot hold the answer back. After `timeout`
    seconds it and its children are killed. Raises NoAnswer.
    """
    name = Path(command[0]).name
    # English for the few programs that have no other format than prose; UTF-8 stays.
    spoken = {**environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}
    try:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=spoken,
                cwd=folder,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise NoAnswer(f"{name} did not answer within {timeout:g} s", late=True) from None
            finally:
                _end(process)
            return Answer(code, _read(out), _read(err))
    except FileNotFoundError:
        there = find_program(str(command[0]), environ) is not None or (
            os.sep in str(command[0]) and Path(command[0]).exists()
        )
        reason = "cannot be run: its interpreter is missing" if there else "is not on PATH"
        raise NoAnswer(f"{name} {reason}") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise NoAnswer(f"{name} cannot be run: {reason}") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills what has not ended by itself, its children with it."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MOST).decode("utf-8", "replace")
