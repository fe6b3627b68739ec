"""The platform's services as processes, each with exactly the environment that dev/services.yaml gives it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from devkit.base.loopback import loopback

from tests.support.forked import Forked, fork_service
from tests.support.polling import PATIENCE, looks
from tests.support.storage import free_port

__all__ = ["ROOT", "SECRETS", "Platform", "ServiceProcess", "environment", "python_services", "table"]

ROOT = Path(__file__).parents[2]
SECRETS = {
    "POSTGRES_PASSWORD": "pg-test-password",
    "SESSION_SECRET": "session-test-secret",
    "INTERNAL_API_KEY": "internal-test-key",
    "LOGIN_PASSWORD": "login-test-password",
    "SHOPIFY_CLIENT_SECRET": "shopify-test-secret",
    "SIMPLYPRINT_API_KEY": "simplyprint-test-key",
    "SIMPLYPRINT_WEBHOOK_TOKEN": "simplyprint-test-token",
    "SENDCLOUD_PUBLIC_KEY": "sendcloud-test-public",
    "SENDCLOUD_SECRET_KEY": "sendcloud-test-secret",
    "SHOPIFY_CLIENT_SECRET_PREVIOUS": "",
    "SIMPLYPRINT_WEBHOOK_TOKEN_PREVIOUS": "",
    "SENDCLOUD_SECRET_KEY_PREVIOUS": "",
    "SENTRY_DSN": "",
}


@cache
def table() -> dict[str, Any]:
    """The service table, as written."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "dev/services.yaml").read_text())
    return content


def python_services() -> list[str]:
    """The names of all Python services, in the table's order."""
    return [name for name, service in table()["services"].items() if service["type"] == "python"]


def environment(service: str, ports: Mapping[str, int], database_url: str, redis_url: str) -> dict[str, str]:
    """What the local engine passes to `service`: the table's config, env, secrets, needs and calls."""
    row = table()["services"][service]
    values: dict[str, str] = {}
    for name, variable in {**table()["config"], **row.get("env", {})}.items():
        if "default" in variable:
            values[name] = variable["default"]
        else:
            target = variable.get("service") or variable.get("public")
            values[name] = f"http://127.0.0.1:{ports.get(target, 4200)}{variable.get('path', '')}"
    values |= {name: SECRETS[name] for name in row.get("secrets", [])}
    values["LOG_LEVEL"] = "info"
    if "postgres" in row["needs"]:
        values["DATABASE_URL"] = database_url
    if "redis" in row["needs"]:
        values["REDIS_URL"] = redis_url
    for called in row.get("calls", []):
        answers = table()["services"][called].get(
            "stand_in", {"service": called}
        )  # nothing here runs an image
        url = f"http://127.0.0.1:{ports[answers['service']]}{answers.get('path', '')}"
        values[f"{called.replace('-', '_').upper()}_URL"] = url
    if "webhooks" in row:
        values["WEBHOOK_ROUTES"] = json.dumps({name: _route(hook) for name, hook in row["webhooks"].items()})
    values["APP_PORT"] = str(ports[service])
    return values


def _route(hook: Mapping[str, str]) -> dict[str, str]:
    address = f"{hook['to'].replace('-', '_').upper()}_URL"
    return {name: hook[name] for name in ("path", "to", "secret", "previous")} | {"address": address}


@dataclass
class ServiceProcess:
    """One service, forked as the local engine does it. `env` may be changed between a stop and a start."""

    name: str
    port: int
    env: dict[str, str] = field(repr=False)
    log: Path = field(kw_only=True)
    process: Forked | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait: bool = True) -> None:
        """Starts it, and waits until it is ready."""
        module = self.name.replace("-", "_")
        paths = [str(ROOT / "apps" / self.name / "src"), str(ROOT / "libs")]
        env = {"PATH": os.defpath, **self.env}
        with self.log.open("ab") as log:
            self.process = fork_service(
                self.name, f"{module}.main:app", self.port, paths, env, ROOT, log.fileno()
            )
        if wait:
            self.wait_until("/health/live")

    def wait_until(self, path: str, code: int = 200, seconds: float = PATIENCE) -> httpx.Response:
        """Polls `path` until it answers with `code`."""
        last = "nothing"
        for _ in looks(seconds):
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f"{self.name} stopped:\n{self.output()[-3000:]}")
            try:
                with loopback(5) as client:
                    answer = client.get(self.url + path)
                if answer.status_code == code:
                    return answer
                last = f"{answer.status_code} {answer.text}"
            except httpx.HTTPError as problem:
                last = repr(problem)
        raise AssertionError(f"{self.name}{path}: {last} after {seconds} s:\n{self.output()[-3000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stops it and returns its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        try:
            return self.process.wait(PATIENCE)
        except TimeoutError:
            os.kill(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"{self.name} did not stop:\n{self.output()[-3000:]}") from None
        finally:
            self.process = None

    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Platform:
    """Some or all services, ready to start, with one database and one Redis."""

    services: dict[str, ServiceProcess]
    database_url: str
    redis_url: str

    def __getitem__(self, name: str) -> ServiceProcess:
        return self.services[name]

    @classmethod
    @contextmanager
    def prepared(
        cls,
        folder: Path,
        database_url: str,
        redis_url: str,
        overrides: Mapping[str, str] | None = None,
        only: list[str] | None = None,
    ) -> Iterator[Platform]:
        """Services that are not started yet; all are stopped when the block ends."""
        names = python_services()
        ports = {name: free_port() for name in names}
        services = {}
        for name in only or names:
            env = environment(name, ports, database_url, redis_url)
            env |= {k: v for k, v in (overrides or {}).items() if k in env}
            services[name] = ServiceProcess(name, ports[name], env, log=folder / f"{name}.log")
        with ExitStack() as stack:
            platform = cls(services, database_url, redis_url)
            for service in services.values():
                stack.callback(service.stop)
            yield platform

    def start(self) -> None:
        """Starts all at once and waits until each is ready."""
        for service in self.services.values():
            service.start(wait=False)
        for service in self.services.values():
            service.wait_until("/health/ready")
