"""Programs run where a container is: inside it, or beside it from an image that the Docker host has."""

from __future__ import annotations

from devkit.base.proc import Answer
from devkit.compose.docker import Docker

__all__ = ["beside", "has_no_program", "inside", "words_of"]

# What `docker exec` and `docker run` exit with where the program is not there, or cannot be run.
_NO_PROGRAM = (126, 127)
_SECONDS = 20.0


def inside(docker: Docker, container_id: str, *command: str, seconds: float = _SECONDS) -> Answer:
    """Runs a command in a container, as its own user. Raises DevkitError where docker does not run or does not answer."""
    return docker.ask("exec", "--env", "http_proxy=", container_id, *command, seconds=seconds)


def beside(docker: Docker, container_id: str, image: str, *command: str, seconds: float = _SECONDS) -> Answer:
    """Runs a command of an image in a container's network, in a container that ends with it. Nothing is pulled, no proxy sees
    it, and it can write nowhere. Raises as `inside`."""
    program, *arguments = command
    return docker.ask(
        "run", "--rm", "--pull", "never", "--network", f"container:{container_id}", "--no-healthcheck",
        "--label", "traefik.enable=false", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--log-driver", "none", "--env", "http_proxy=", "--entrypoint", program, image, *arguments,
        seconds=seconds,
    )  # fmt: skip


def has_no_program(answer: Answer) -> bool:
    """Whether the program is not there: another may be."""
    return answer.code in _NO_PROGRAM


def words_of(answer: Answer) -> str:
    """The program's or Docker's own words on what went wrong, in one line."""
    lines = [line.strip() for line in answer.err.splitlines() if line.strip() and "--help" not in line]
    return lines[-1].removeprefix("docker: ")[:300] if lines else answer.last_line
