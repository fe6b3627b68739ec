"""deployment/staging as it is written, on this machine: real Compose, real Traefik, our images from a registry on loopback.

An override takes out what cannot run here: services of other people's images, and host ports that may be taken. It adds the
Postgres that is managed elsewhere. Everything else is as on the Droplet.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.images import image, inspected, needs_image
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks
from tests.support.registry import pushed
from tests.support.shop import eventually

__all__ = ["BUILT", "ROLLED", "TRAEFIK", "Stack", "needs_stack", "publish", "stack"]

STAGING = ROOT / "deployment" / "staging"
BUILT = ("gateway", "order-service", "print-service", "shipping-service", "gridflock-service", "web")
ROLLED = ("gateway", "order-service")
TRAEFIK = "traefik:v3"
# Other people's images, which are not on every machine.
_ABSENT = ("slicer", "clickhouse", "otel-collector", "grafana", "uptime-kuma", "dozzle")
_POSTGRES, _REDIS = "postgres:16-alpine", "redis:7-alpine"
_DEADLINE = 300


def _override() -> dict[str, Any]:
    """JSON, which is YAML; `!override` is put in as text."""
    services: dict[str, Any] = {name: {"profiles": ["elsewhere"]} for name in _ABSENT}
    # Every 2 s instead of 30: this Docker may not know `start_interval`, and Traefik waits for the first.
    services |= {name: {"healthcheck": {"interval": "2s"}} for name in BUILT}
    # A roll wants a copy to be ready before Docker first asks.
    services |= {name: {"healthcheck": {"interval": "20s"}} for name in ROLLED}
    services["traefik"] = {
        "ports": "OVERRIDE",
        "healthcheck": {"test": ["CMD", _program(TRAEFIK), "healthcheck"], "interval": "2s"},
    }
    services["redis"] = {"healthcheck": {"interval": "2s"}}
    services["postgres"] = {
        "image": _POSTGRES,
        # New databases are UTF-8, whatever the image's own locale.
        "environment": {"POSTGRES_USER": "forma3d", "POSTGRES_DB": "forma3d", "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD}", "LANG": "C.UTF-8"},
        "healthcheck": {"test": ["CMD", "pg_isready", "-U", "forma3d", "-h", "127.0.0.1"], "interval": "2s"},
    }  # fmt: skip
    network = {"ipam": {"config": "SUBNET"}}
    return {"services": services, "networks": {"default": network}}


def _program(name: str) -> str:
    """The image's own program, by its path: not every build of it has one on PATH."""
    entry = inspected("image", name)["Config"]["Entrypoint"]
    return "traefik" if entry == ["/entrypoint.sh"] else str(entry[0])


def needs_stack() -> None:
    """Skips, by name, what is missing here."""
    for name in (TRAEFIK, _POSTGRES, _REDIS):
        needs_image(name)


def publish(registry: str, tag: str, *services: str) -> None:
    """Builds the production images and pushes them as a pipeline would."""
    for service in services:
        pushed(image(service, "prod"), f"{registry}/forma3d-connect-{service}:{tag}")


@dataclass
class Stack:
    """The running project: `environment` is what its .env holds, `folder` where that and the override are."""

    name: str
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """The options that lead every command of Compose to this project."""
        env = str(self.folder / ".env")
        files = (str(STAGING / "docker-compose.yml"), str(self.folder / "override.yml"))
        return ("-p", self.name, "--env-file", env, *(word for file in files for word in ("-f", file)))

    def compose(self, *arguments: str, check: bool = True) -> str:
        """`docker compose …` with this project's files and nothing of this process's environment. Returns what it printed."""
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        done = subprocess.run(
            ["docker", "compose", *self.files, *arguments], env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=_DEADLINE,
        )  # fmt: skip
        if check and done.returncode:
            state = self.state() if arguments[0] == "up" else ""
            raise AssertionError(f"compose {' '.join(arguments)}: {done.stderr[-3000:]}\n{state}")
        return done.stdout

    def set(self, **variables: str) -> None:
        """Writes .env, with these variables changed."""
        self.environment |= variables
        text = "".join(f"{name}='{value}'\n" for name, value in self.environment.items())
        (self.folder / ".env").write_text(text)

    def _rows(self, *services: str) -> list[dict[str, str]]:
        """Its running containers as Compose lists them."""
        return [json.loads(row) for row in self.compose("ps", "--format", "json", *services).splitlines()]

    def containers(self, *services: str) -> dict[str, list[str]]:
        """The ids of running containers, by service."""
        found: dict[str, list[str]] = {}
        for row in self._rows(*services):
            found.setdefault(row["Service"], []).append(row["ID"])
        return {name: sorted(ids) for name, ids in found.items()}

    def healthy(self, services: Sequence[str], copies: int = 1) -> None:
        """Waits until each has so many containers and Docker finds all of them healthy."""

        def look() -> bool:
            rows = self._rows()
            states = {name: [row["Health"] for row in rows if row["Service"] == name] for name in services}
            return all(state == ["healthy"] * copies for state in states.values())

        eventually(f"{copies} healthy of {services}", look, _DEADLINE)

    def port(self, inside: int) -> int:
        """The port on loopback at which Traefik listens."""
        return int(self.compose("port", "traefik", str(inside)).rpartition(":")[2])

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Through Traefik, as from outside; a certificate it has not yet got, so none is verified."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        base = f"https://127.0.0.1:{self.port(443)}"
        with httpx.Client(base_url=base, verify=context, timeout=PATIENCE, trust_env=False) as client:
            yield client

    def answers(self, client: httpx.Client, host: str, path: str, code: int = 200) -> httpx.Response:
        """Waits until a name answers so."""

        for _ in looks():
            answer = client.get(path, headers={"Host": host})
            if answer.status_code == code:
                return answer
        raise AssertionError(f"{host}{path}: {answer.status_code} {answer.text[:500]}\n{self.state()}")

    def state(self) -> str:
        """What a failed test shows: the containers, and the end of their logs."""
        return (
            self.compose("ps", "--all", check=False)
            + self.compose("logs", "--tail", "15", check=False)[-6000:]
        )


@contextmanager
def stack(folder: Path, registry: str, tag: str, **variables: str) -> Iterator[Stack]:
    """The stack with its database migrated, up and healthy; removed with its volumes at the end."""
    subnet = f"10.{secrets.randbelow(100) + 100}.{secrets.randbelow(250)}"
    pools = f'!override [{{"subnet": "{subnet}.0/24", "ip_range": "{subnet}.0/25"}}]'
    services = json.dumps(_override(), indent=1).replace('"SUBNET"', pools)
    services = services.replace('"OVERRIDE"', '!override ["127.0.0.1::80", "127.0.0.1::443"]')
    (folder / "override.yml").write_text(services)
    made = Stack(f"devkit-test-{secrets.token_hex(4)}", folder, _environment(registry, tag))
    made.set(**variables)
    try:
        made.compose("up", "-d", "--wait", "postgres", "redis")
        made.compose("run", "--rm", "--no-deps", "gateway", "python", "-m", "alembic", "-c", "migrations/alembic.ini", "upgrade", "head")  # fmt: skip
        made.compose("up", "-d", "--quiet-pull")
        made.healthy((*BUILT, "traefik"))
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "30", "--remove-orphans", check=False)


def _environment(registry: str, tag: str) -> dict[str, str]:
    """.env.example, filled in."""
    lines = (STAGING / ".env.example").read_text().splitlines()
    rows = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    values: Mapping[str, str] = {name: value.strip("'") for name, value in rows}
    password = secrets.token_hex(8)
    filled = {name: value or secrets.token_hex(16) for name, value in values.items()}
    tags = {name: tag for name in values if name.endswith("_IMAGE_TAG")}
    return {
        **filled, **tags,
        "REGISTRY_URL": registry, "POSTGRES_PASSWORD": password, "LOGIN_EMAIL": "ada@example.com", "SENTRY_DSN": "",
        "DATABASE_URL": f"postgresql://forma3d:{password}@postgres:5432/forma3d", "SIMPLYPRINT_COMPANY_ID": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }  # fmt: skip
