"""A small platform in a folder of its own, run by the real devkit: two services, Postgres, Redis."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from devkit.base.process_identity import describe

from tests.support.call import call_devkit
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks
from tests.support.storage import free_port

__all__ = [
    "IN_A_TERMINAL",
    "Demo",
    "alive",
    "demo",
    "end_strays",
    "family",
    "until",
    "write_demo",
    "write_files",
    "write_launcher",
]

_T = TypeVar("_T")

# Before a command: a closed terminal ends it, also where these tests were started by nohup.
IN_A_TERMINAL = (
    sys.executable, "-I", "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])",
)  # fmt: skip

_TABLE = """\
version: 1
name: demo
namespace: {namespace}
image_prefix: demo
shared: [libs]
config:
  GREETING:
    default: hello
    about: What the services say.
secrets:
  POSTGRES_PASSWORD:
    default: demo
    about: Password of the development database.
services:
  postgres:
    type: postgres
    about: Data.
    image: postgres:16-alpine
    port: {postgres}
    database: demo
    user: demo
    password: POSTGRES_PASSWORD
    storage: 1Gi
    migrations: migrations
    seed: dev/seed
    resources: {resources}
  redis:
    type: redis
    about: Queue.
    image: redis:7-alpine
    port: {redis}
    resources: {resources}
  hello:
    type: python
    about: Says hello.
    port: {hello}
    debug_port: {hello_debug}
    probes: {probes}
    needs: [postgres, redis]
    calls: [other]
    resources: {resources}
  other:
    type: python
    about: Says something else.
    port: {other}
    debug_port: {other_debug}
    probes: {probes}
    resources: {resources}
"""

_SERVICE = """\
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/health/ready")
def ready() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/")
def say() -> dict[str, object]:
    greeting = os.environ["GREETING"]
    return {"says": greeting, "version": 1, "environment": dict(os.environ), "pid": os.getpid()}
"""

_ALEMBIC_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

_MIGRATION = """\
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.execute("create table notes (id serial primary key, text text not null unique)")
"""


@dataclass(frozen=True)
class Demo:
    """The folder, and the ports its table names."""

    root: Path
    ports: dict[str, int]

    def devkit(
        self, *arguments: str, check: bool = True, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a devkit command on this platform, as from a shell that has its own DATABASE_URL; `stdin` is its input."""
        if arguments[0] == "up" and check:  # what it starts goes on running
            done = self.program(*arguments, stdin=stdin, **environment)
        else:
            done = call_devkit(arguments, self.environment(**environment), stdin=stdin)
        assert not check or done.returncode == 0, (
            f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def program(
        self, *arguments: str, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The same by a program that begins as in a shell, not by a fork of one that has."""
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return subprocess.run(
            self.command(*arguments), env=self.environment(**environment), capture_output=True, text=True,
            timeout=PATIENCE, **given,
        )  # fmt: skip

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-E", "-s", str(Path(ROOT) / "tools"), *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        hidden = {"CI", "NO_COLOR", "PYTHONPATH"}
        shell = {name: value for name, value in os.environ.items() if name not in hidden}
        return shell | {
            "DEVKIT_ROOT": str(self.root),
            "DATABASE_URL": "postgresql://shell@nowhere/none",
            **more,
        }

    def up(self, *arguments: str) -> None:
        self.devkit("up", "--detach", *arguments)

    def foreground(self) -> subprocess.Popen[str]:
        """`up` as in a terminal, with what it writes on pipes."""
        return subprocess.Popen(
            [*IN_A_TERMINAL, *self.command("up")],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_up(self) -> Demo:
        """Started, unless it runs."""
        if self.devkit("status", check=False).returncode:
            self.up()
        return self

    def statuses(self) -> dict[str, dict[str, Any]]:
        """Every unit by name, from `status --json`."""
        overview = json.loads(self.devkit("status", "--json", check=False).stdout)
        return {unit["name"]: unit for unit in overview["units"]}

    def run_state(self) -> dict[str, Any]:
        """What the supervisor noted: its pid, its children."""
        state: dict[str, Any] = json.loads((self.root / ".devkit" / "run.json").read_text())
        return state

    def get(self, service: str, offset: int = 0, timeout: float = PATIENCE) -> dict[str, Any]:
        """GET / of a service."""
        url = f"http://127.0.0.1:{self.ports[service] + offset}/"
        with urllib.request.urlopen(url, timeout=timeout) as reply:
            found: dict[str, Any] = json.load(reply)
            return found

    def source(self, service: str) -> Path:
        return self.root / "apps" / service / "src" / service / "main.py"

    def edit(self, service: str, pattern: str, replacement: str) -> None:
        """Saves a service's source with one change."""
        path = self.source(service)
        changed, count = re.subn(pattern, replacement, path.read_text())
        assert count, f"{pattern} is not in {path.name}"
        path.write_text(changed)

    def database_url(self) -> str:
        return f"postgresql://demo:demo@127.0.0.1:{self.ports['postgres']}/demo"


def write_demo(folder: Path, namespace: str = "demo-dev") -> dict[str, int]:
    """The platform's files. Returns its ports by name, which are free ones."""
    names = ("postgres", "redis", "hello", "hello_debug", "other", "other_debug")
    chosen: set[int] = set()
    while len(chosen) < len(names):  # the system may hand out one that was free a moment ago again
        chosen.add(free_port())
    ports = dict(zip(names, chosen, strict=True))
    probes = "{live: /health/live, ready: /health/ready}"
    resources = "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}"
    files = {
        "dev/services.yaml": _TABLE.format(**ports, namespace=namespace, probes=probes, resources=resources),
        ".gitignore": ".devkit\n",
    }
    for service in ("hello", "other"):
        files |= {
            f"apps/{service}/src/{service}/main.py": _SERVICE,
            f"apps/{service}/src/{service}/__init__.py": "",
        }
    files |= {
        "migrations/alembic.ini": "[alembic]\nscript_location = %(here)s\npath_separator = os\n",
        "migrations/env.py": _ALEMBIC_ENV,
        "migrations/versions/0001_notes.py": _MIGRATION,
        "dev/seed/01_notes.sql": "insert into notes (text) values ('seeded') on conflict do nothing;\n",
        "libs/README": "",
    }
    write_files(folder, files)
    return ports


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Files by their path below a folder, which is made where it is missing."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def write_launcher(folder: Path, tools: Path = Path(ROOT) / "tools") -> Path:
    """`devkit` in a folder, as the repository's own, with this Python and its packages."""
    launcher = folder / "devkit"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -E -s "{tools}" "$@"\n')
    launcher.chmod(0o755)
    return launcher


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    """A platform, not started; whatever runs of it at the end is ended by pid."""
    platform = Demo(folder, write_demo(folder))
    try:
        yield platform
    finally:
        platform.devkit("down", check=False)
        end_strays(platform)


def end_strays(platform: Demo) -> None:
    """Ends what a platform noted as its own and `down` left."""
    with contextlib.suppress(OSError, ValueError):
        for pid, started in platform.run_state()["children"].items():
            identity = describe(int(pid))
            if identity and identity.started == started:
                os.kill(identity.pid, signal.SIGKILL)


def family(platform: Demo) -> list[psutil.Process]:
    """The supervisor and everything below it."""
    supervisor = psutil.Process(platform.run_state()["pid"])
    return [supervisor, *supervisor.children(recursive=True)]


def alive(processes: list[psutil.Process]) -> list[str]:
    """The pids and commands of those that still run."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} below {process.ppid()}: {' '.join(process.cmdline())}")
    return found


def until(look: Callable[[], _T], seconds: float = PATIENCE, what: str = "") -> _T:
    """Polls until `look` returns something true. Fails with what it last returned or raised."""
    last: object = None
    for _ in looks(seconds):
        try:
            found = look()
            if found:
                return found
            last = found
        except Exception as problem:
            last = problem
    raise AssertionError(f"{what or 'it'} did not happen in {seconds} s; last: {last!r}")
