"""The docker commands that change something: what a roll runs, and what `--dry-run` prints."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.compose.docker import Docker
from devkit.compose.roll.plan import Plan, ServicePlan

__all__ = [
    "apply_migration", "connect", "create", "disconnect", "hook", "name_image", "pending_migration", "pull", "remove", "start",
    "stop",
]  # fmt: skip

Words = tuple[str, ...]


def pull(docker: Docker, image: str) -> Words:
    return docker.words("pull", "--quiet", image)


def name_image(docker: Docker, image_id: str, image: str) -> Words:
    """Gives an image that is there a name, which may have meant another one."""
    return docker.words("tag", image_id, image)


def create(docker: Docker, service: ServicePlan, containers: int) -> Words:
    """Makes containers until there are so many, those that do not run counted too; starts none and changes none."""
    scaled = f"{service.name}={containers}"
    return docker.compose_words(
        "up", "--no-start", "--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--scale", scaled, service.name
    )  # fmt: skip


def start(docker: Docker, container: str) -> Words:
    return docker.words("start", container)


def hook(docker: Docker, container: str, command: Sequence[str]) -> Words:
    """What `pre_stop` says: Compose runs it only when it stops a container itself."""
    return docker.words("exec", container, *command)


def stop(docker: Docker, container: str, grace: float) -> Words:
    return docker.words("stop", "-t", f"{grace:.0f}", container)


def remove(docker: Docker, container: str) -> Words:
    return docker.words("rm", "--force", container)


def disconnect(docker: Docker, network: str, container: str) -> Words:
    return docker.words("network", "disconnect", network, container)


def connect(docker: Docker, network: str, container: str, address: str, names: Sequence[str]) -> Words:
    """Puts a container into a network at an address, to be found by these names and its own."""
    aliases = [word for name in names for word in ("--alias", name)]
    return docker.words("network", "connect", "--ip", address, *aliases, network, container)


def pending_migration(docker: Docker, plan: Plan) -> Words:
    """Fails while there is a migration to apply."""
    assert plan.migration is not None
    return _once(docker, plan.migration.service, plan.migration.pending)


def apply_migration(docker: Docker, plan: Plan) -> Words:
    assert plan.migration is not None
    return _once(docker, plan.migration.service, plan.migration.apply)


def _once(docker: Docker, service: str, command: Sequence[str]) -> Words:
    """A command in a container of its own, with the service's environment. The proxy must not take it for a copy."""
    hidden = ("--label", "traefik.enable=false")
    return docker.compose_words(
        "run", "--rm", "--no-deps", "-T", "--pull", "never", *hidden, service, *command
    )
