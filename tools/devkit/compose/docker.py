"""The docker CLI, on the Docker that a context names: this machine's, or one behind ssh."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import Answer, NoAnswer, ask_program

__all__ = ["Docker", "DockerAway"]

# Seconds for a command that only asks.
_ASK = 30.0
_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_AWAY = ("cannot connect to the docker daemon", "error during connect", "is the docker daemon running")


class DockerAway(DevkitError):
    """Docker does not answer; it may come back."""


@dataclass(frozen=True)
class Docker:
    """Runs `docker`. `context` is one of `docker context ls`; None is what DOCKER_HOST, DOCKER_CONTEXT or the CLI's own
    configuration say. `project` are the words that lead `docker compose` to the project (`-f FILE …`), `variables` what Compose
    finds in its environment besides this process's."""

    context: str | None = None
    project: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def words(self, *arguments: str) -> tuple[str, ...]:
        """The whole command."""
        named = ("--context", self.context) if self.context else ()
        return ("docker", *named, *arguments)

    def compose_words(self, *arguments: str) -> tuple[str, ...]:
        """The whole command of Compose, for the project."""
        return self.words("compose", *self.project, *arguments)

    def shown(self, command: Sequence[str]) -> str:
        """A command as one would type it: with the variables that Compose needs, and ids as Docker shows them."""
        set_ = [f"{name}={value}" for name, value in self.variables.items()] if "compose" in command else []
        return _ID.sub(r"\1", shlex.join([*set_, *command]))

    def ask(self, *arguments: str, seconds: float = _ASK) -> Answer:
        """What a command says, whatever its exit code. Raises DevkitError where docker does not run or does not answer."""
        return self.answer(self.words(*arguments), seconds)

    def run(self, *arguments: str, seconds: float = _ASK) -> str:
        """What a command prints. Raises DevkitError with its own words when it fails."""
        return self.succeed(self.words(*arguments), seconds)

    def compose(self, *arguments: str, seconds: float = _ASK) -> str:
        """What a command of Compose prints. Raises DevkitError with its own words when it fails."""
        return self.succeed(self.compose_words(*arguments), seconds)

    def inspect(self, kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        """`docker KIND inspect`, in the order of the names. Raises DevkitError when one is not there."""
        if not names:
            return []
        found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", *names))
        return found

    def run_together(self, commands: Sequence[Sequence[str]], seconds: float = _ASK) -> None:
        """Runs whole commands one straight after the other: all of them also where this process is killed meanwhile. Raises
        DevkitError as `succeed`; those after one that fails are not run."""
        self.succeed(("sh", "-c", " && ".join(shlex.join(command) for command in commands)), seconds)

    def succeed(self, command: Sequence[str], seconds: float = _ASK) -> str:
        """What a whole command prints. Raises DevkitError with its own words when it fails, DockerAway when Docker is away."""
        answer = self.answer(command, seconds)
        if answer.code:
            if any(words in (answer.err + answer.out).lower() for words in _AWAY):
                raise DockerAway(f"Docker does not answer: {answer.last_line}", fix="is its daemon running?")
            raise DevkitError(f"`{_brief(command)}` failed: {answer.last_line}")
        return answer.out

    def answer(self, command: Sequence[str], seconds: float = _ASK) -> Answer:
        """What a whole command says, whatever its exit code. Raises DevkitError (exit 3) where docker does not run, DockerAway where
        it does not answer in time."""
        try:
            environment = {**os.environ, **self.variables}
            return ask_program(command, timeout=seconds, environ=environment)
        except NoAnswer as problem:
            if problem.late:
                raise DockerAway(f"`{_brief(command)}`: {problem}") from None
            raise DevkitError(
                str(problem), fix="install Docker's command line", exit_code=ExitCode.TOOL_MISSING
            ) from None


def _brief(command: Sequence[str]) -> str:
    """Its first words, without paths and options' values."""
    if command[0] == "sh":
        return _ID.sub(r"\1", command[-1])
    words = [word for word in command if not word.startswith("/")]
    return shlex.join(words[:6]) + (" …" if len(words) > 6 else "")
