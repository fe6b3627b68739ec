"""The docker CLI, on the Docker that a context names: this machine's, or one behind ssh."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import Answer, NoAnswer, ask_program

__all__ = ["Docker"]

# Seconds for a command that only asks.
_ASK = 30.0


@dataclass(frozen=True)
class Docker:
    """Runs `docker`. `context` is one of `docker context ls`; None is what DOCKER_HOST, DOCKER_CONTEXT or the CLI's own
    configuration say. `project` are the words that lead `docker compose` to the project: `-f FILE …`."""

    context: str | None = None
    project: tuple[str, ...] = ()
    folder: Path | None = None

    def words(self, *arguments: str) -> tuple[str, ...]:
        """The whole command."""
        named = ("--context", self.context) if self.context else ()
        return ("docker", *named, *arguments)

    def compose_words(self, *arguments: str) -> tuple[str, ...]:
        """The whole command of Compose, for the project."""
        return self.words("compose", *self.project, *arguments)

    def ask(self, *arguments: str, seconds: float = _ASK) -> Answer:
        """What a command says, whatever its exit code. Raises DevkitError where docker does not run or does not answer."""
        return self._run(self.words(*arguments), seconds)

    def run(self, *arguments: str, seconds: float = _ASK) -> str:
        """What a command prints. Raises DevkitError with its own words when it fails."""
        return self._succeed(self.words(*arguments), seconds)

    def compose(self, *arguments: str, seconds: float = _ASK) -> str:
        """What a command of Compose prints. Raises DevkitError with its own words when it fails."""
        return self._succeed(self.compose_words(*arguments), seconds)

    def inspect(self, kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        """`docker KIND inspect`, in the order of the names. Raises DevkitError when one is not there."""
        if not names:
            return []
        found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", *names))
        return found

    def _succeed(self, command: Sequence[str], seconds: float) -> str:
        answer = self._run(command, seconds)
        if answer.code:
            shown = " ".join(word for word in command[:6] if not word.startswith("/"))
            raise DevkitError(f"`{shown} …` failed: {answer.last_line}")
        return answer.out

    def _run(self, command: Sequence[str], seconds: float) -> Answer:
        try:
            return ask_program(command, timeout=seconds, folder=self.folder)
        except NoAnswer as problem:
            fix = None if problem.late else "install Docker's command line"
            raise DevkitError(str(problem), fix=fix, exit_code=ExitCode.TOOL_MISSING) from None
