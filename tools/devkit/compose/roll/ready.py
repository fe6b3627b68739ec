"""Whether a copy can take traffic, asked of the copy itself with what its image has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devkit.base.errors import DevkitError
from devkit.compose.containers import Container
from devkit.compose.docker import Docker
from devkit.compose.roll.plan import ServicePlan

__all__ = ["is_ready", "logs_of", "ready_command", "why_it_fell"]

LIVE, READY = "/health/live", "/health/ready"
_SECONDS = 15.0


def ready_command(test: Sequence[str], path: str = "") -> tuple[str, ...]:
    """A command made from Docker's own health check that asks for the readiness route instead (`path`, or /health/ready where it
    asks /health/live). Without such a route it is the health check itself; empty where there is none."""
    if not test or test[0] == "NONE":
        return ()
    words = ("sh", "-c", *test[1:]) if test[0] == "CMD-SHELL" else tuple(test[1:])
    return tuple(word.replace(LIVE, path or READY) for word in words)


def is_ready(docker: Docker, service: ServicePlan, copy: Container) -> bool:
    """Whether the copy answers that it is ready; one without any check is ready when it runs."""
    if not copy.runs:
        return False
    return not service.ready or docker.ask("exec", copy.id, *service.ready, seconds=_SECONDS).code == 0


def logs_of(copy: Container) -> str:
    """What shows its last words."""
    return f"docker logs --tail 50 {copy.name}"


def why_it_fell(copy: Container, states: Mapping[str, int]) -> DevkitError | None:
    """What is wrong with a copy that was started: it ended, or its restart policy has started it again since (`states` are the
    restarts by id that are known)."""
    logs = logs_of(copy)
    if copy.status in ("exited", "dead"):
        return DevkitError(f"{copy.name} ended with exit code {copy.exit_code}", fix=logs)
    if copy.status == "restarting" or copy.restarts > states.get(copy.id, 0):
        return DevkitError(f"{copy.name} ended and was started again", fix=logs)
    return None
