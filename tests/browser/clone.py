"""The whole platform, run by the real devkit in a copy of this clone's sources."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psycopg
from devkit.engines.ports import holders
from devkit.secrets import read_secrets
from devkit.table.load import read_table
from devkit.types.npm import install_packages, packages_current
from devserve.programs import Programs

from tests.support.demo import until, write_launcher
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

__all__ = ["Clone", "running_clone"]

_ATTEMPTS = 5
_STAMP = ".devkit-lock.json"


@dataclass(frozen=True)
class Clone:
    """A running platform: its folder, and by how much its ports are moved."""

    root: Path
    offset: int
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE))

    def url(self, service: str, path: str = "") -> str:
        """Where a service is reached, under the name that browsers use."""
        port = read_table(self.root / "dev/services.yaml").services[service].port
        return f"http://localhost:{port + self.offset}{path}"

    @cached_property
    def gateway(self) -> str:
        """The gateway's base URL."""
        return self.url("gateway")

    @cached_property
    def simulator(self) -> str:
        """The provider simulator's base URL."""
        return self.url("provider-sim")

    def devkit(self, *arguments: str) -> str:
        """Runs a devkit command and returns its standard output."""
        done = _devkit(self.root, *arguments)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def unit(self, service: str) -> dict[str, Any]:
        """A service as `status --json` has it."""
        units = json.loads(_devkit(self.root, "status", "--json").stdout)["units"]
        return next(unit for unit in units if unit["name"] == service)

    def secret(self, name: str) -> str:
        """A secret that devkit made for this platform."""
        return read_secrets(self.root, read_table(self.root / "dev/services.yaml"))[name]

    def sign_in(self) -> None:
        """Lets `http` in."""
        assert self.http.post(f"{self.gateway}/api/v1/auth/dev-login").status_code == 200

    def orders(self) -> list[dict[str, Any]]:
        """All orders, as the API shows them."""
        answer = self.http.get(f"{self.gateway}/api/v1/orders", params={"limit": 500})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["orders"]
        return found

    def order(self, number: str) -> dict[str, Any]:
        """One order by its number."""
        return next(order for order in self.orders() if order["number"] == number)

    def buy(self, number: str, *changes: str) -> str:
        """Sends a signed `orders/create` with that number; returns the number."""
        sets = [f'name="{number}"', *changes]
        said = self.devkit(
            "webhook",
            "shopify",
            "orders/create",
            "--no-variety",
            *(part for change in sets for part in ("--set", change)),
        )
        assert json.loads(said) == {"status": "stored"}
        return number

    def queued(self, number: str) -> list[int]:
        """The ids of an order's print jobs at the simulator, once it has them all."""

        def ids() -> list[int] | None:
            jobs = [item["print_job"] for item in self.order(number)["items"]]
            known = all(job["simplyprint_id"] and job["status"] == "queued" for job in jobs)
            return [int(job["simplyprint_id"]) for job in jobs] if known else None

        return until(ids, 20, f"order {number} queued") or []

    def execute(self, statement: str, *values: object) -> None:
        """Changes something in the platform's database."""
        content = (self.root / "k8s/dev/secret.yaml").read_text("utf-8")
        found = re.search(r"DATABASE_URL: *[\"']?(\S+?)[\"']?$", content, re.M)
        assert found
        port = read_table(self.root / "dev/services.yaml").services["postgres"].port
        url = re.sub(r"@[^/]+/", f"@127.0.0.1:{port + self.offset}/", found[1])
        with psycopg.connect(url) as connection:
            connection.execute(statement.encode(), values)

    def steer(self, path: str, **body: object) -> None:
        """Moves something in the simulator: `jobs/100001/done`, `clock`."""
        answer = self.http.post(f"{self.simulator}/sim/{path}", json=body)
        assert answer.status_code == 200, answer.text


@contextmanager
def running_clone(folder: Path) -> Iterator[Clone]:
    """Copies this clone's sources into `folder`, starts everything, and stops it at the end."""
    _copy_sources(folder)
    clone = Clone(folder, _start(folder))
    try:
        clone.sign_in()
        yield clone
    finally:
        clone.http.close()
        clone.devkit("down")


def _copy_sources(folder: Path) -> None:
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = Path(ROOT) / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    write_launcher(folder, folder / "tools")  # the repository's own would make a .venv first
    _share_packages(Path(ROOT) / "apps" / "web", folder / "apps" / "web")


def _share_packages(ours: Path, copy: Path) -> None:
    """Each package as a link: the folder itself must be the copy's own, for Vite keeps its cache there."""
    if not packages_current(ours):
        problem = install_packages(ours, Programs(apart=False))
        assert problem is None, problem
    modules = copy / "node_modules"
    modules.mkdir()
    for entry in (ours / "node_modules").iterdir():
        if not entry.name.startswith(".vite") and entry.name != _STAMP:
            (modules / entry.name).symlink_to(entry)
    shutil.copy(ours / "node_modules" / _STAMP, modules / _STAMP)


def _start(root: Path) -> int:
    """Starts on ports that are free; another try when somebody else was faster. Returns the offset."""
    said = ""
    for _ in range(_ATTEMPTS):
        offset = _free_offset(root)
        done = _devkit(root, "up", "--detach", "--port-offset", str(offset))
        if done.returncode == 0:
            return offset
        said = f"{done.stdout}\n{done.stderr}"
        _devkit(root, "down")
        if "is taken by" not in said and "Address already in use" not in said:
            break
    raise AssertionError(f"the platform did not start:\n{said}")


def _free_offset(root: Path) -> int:
    services = read_table(root / "dev/services.yaml").services.values()
    ports = [port for service in services for port in (service.port, service.debug_port) if port]
    for offset in random.sample(range(2000, 20000, 50), 100):
        if not holders({port + offset: "" for port in ports}):
            return offset
    raise AssertionError("no free ports")


def _devkit(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    hidden = {"CI", "NO_COLOR", "PYTHONPATH", "DATABASE_URL", "REDIS_URL", "VITE_API_URL"}
    shell = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-E", "-s", str(root / "tools"), *arguments],
        env=shell | {"DEVKIT_ROOT": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
