"""The real `docker compose config`, which the reader is compared with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["MISSING", "Answer", "config"]

MISSING = "docker-compose, a program or the plugin of docker"
_DEADLINE = 120


@cache
def _program() -> tuple[str, ...] | None:
    """The program itself where it can be found: the docker command in front of it doubles the time."""
    plugins = [
        Path.home() / ".docker/cli-plugins",
        Path("/usr/libexec/docker/cli-plugins"),
        Path("/usr/lib/docker/cli-plugins"),
    ]
    for path in (shutil.which("docker-compose"), *(str(folder / "docker-compose") for folder in plugins)):
        if path and os.access(path, os.X_OK):
            return (path,)
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=_DEADLINE)
        if asked.returncode == 0:
            return ("docker", "compose")
    return None


def is_there() -> bool:
    """Whether there is a docker-compose on this machine."""
    return _program() is not None


@dataclass(frozen=True)
class Answer:
    """What Compose printed: `json` where it took the project, else None; `said` is what it wrote to standard error."""

    json: str | None
    said: str

    @property
    def crashed(self) -> bool:
        """Whether Compose did not refuse, but fell over."""
        return "panic:" in self.said


def config(
    folder: Path, options: Sequence[str], environment: Mapping[str, str], *, interpolate: bool = True
) -> Answer:
    """`docker compose OPTIONS config --format json` in a folder, with these variables alone."""
    program = _program()
    assert program is not None, MISSING
    done = subprocess.run(
        [*program, *options, "config", "--format", "json", *([] if interpolate else ["--no-interpolate"])],
        cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=_DEADLINE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Answer(done.stdout if done.returncode == 0 else None, done.stderr)
