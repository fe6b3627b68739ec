"""The containers of a project, as Docker knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devkit.base.errors import DevkitError
from devkit.compose.docker import Docker

__all__ = ["Container", "containers_of", "moment", "projects_of"]

_PROJECT, _SERVICE, _ONE_OFF = (f"com.docker.compose.{name}" for name in ("project", "service", "oneoff"))


@dataclass(frozen=True)
class Container:
    """One copy of a service. `status` and `health` in Docker's words (`health` is empty without a health check), `said` the
    last line that a failed health check printed; `image` is what the project asked for, `image_id` what runs. `addresses` are
    its IP addresses in the project's networks."""

    id: str
    name: str
    service: str
    status: str
    health: str
    said: str
    exit_code: int
    out_of_memory: bool
    restarts: int
    started: datetime | None
    image: str
    image_id: str
    addresses: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether it is up, whatever its health."""
        return self.status == "running"

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Container:
        """From what `docker inspect` prints."""
        state, config = found["State"], found["Config"]
        health = state.get("Health") or {}
        log = health.get("Log") or []
        networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
        addresses = (
            each.get(key) for each in networks.values() for key in ("IPAddress", "GlobalIPv6Address")
        )
        return cls(
            id=found["Id"],
            name=found["Name"].lstrip("/"),
            service=config["Labels"].get(_SERVICE, ""),
            status=state["Status"],
            health=health.get("Status", "") if health.get("Status") != "none" else "",
            said=_last_line(log[-1].get("Output", "")) if log and log[-1].get("ExitCode") else "",
            exit_code=state["ExitCode"],
            out_of_memory=bool(state.get("OOMKilled")),
            restarts=found.get("RestartCount", 0),
            started=moment(state.get("StartedAt", "")),
            image=config["Image"],
            image_id=found["Image"],
            addresses=tuple(filter(None, addresses)),
        )


def containers_of(docker: Docker, project: str) -> list[Container]:
    """All of a project's, those that do not run as well, by service and name; without those of `docker compose run`.

    Raises DevkitError where Docker does not answer.
    """
    for attempt in range(3):
        listed = docker.run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={_PROJECT}={project}")
        try:
            found = docker.inspect("container", listed.split())
            break
        except DevkitError:  # one of them went meanwhile
            if attempt == 2:
                raise
    of_services = (each for each in found if each["Config"]["Labels"].get(_ONE_OFF, "False") != "True")
    return sorted(map(Container.of, of_services), key=lambda each: (each.service, each.name))


def projects_of(docker: Docker) -> dict[str, int]:
    """The projects that have containers there, each with their number. Raises DevkitError where Docker does not answer."""
    rows = docker.run("ps", "--all", "--filter", f"label={_PROJECT}", "--format", "{{json .}}").splitlines()
    names: dict[str, int] = {}
    for row in rows:
        labels = dict(each.partition("=")[::2] for each in json.loads(row)["Labels"].split(","))
        names[labels.get(_PROJECT, "")] = names.get(labels.get(_PROJECT, ""), 0) + 1
    return {name: count for name, count in sorted(names.items()) if name}


def moment(text: str) -> datetime | None:
    """A time as Docker writes it, with nanoseconds; None for never."""
    day, _, fraction = text.removesuffix("Z").partition(".")
    zone = "+00:00"
    if "+" in fraction or "-" in fraction:
        sign = "+" if "+" in fraction else "-"
        zone = sign + fraction.partition(sign)[2]
    try:
        found = datetime.fromisoformat(day[:19] + zone)
    except ValueError:
        return None
    return found if found.year > 1 else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:100] if lines else ""
