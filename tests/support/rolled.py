"""A small stack to roll: the real Compose, Traefik and registry, and services whose images behave as their tags say."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.images import docker, inspected
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks
from tests.support.registry import pushed

__all__ = ["BASE", "TAGS", "Rolled", "build_images", "rolled"]

PLACE = ROOT / "tests" / "compose" / "rolled"
BASE = "python:3.11-slim"
SERVICES = ("shop", "stock", "store")
TAGS = {
    "one": "", "two": "", "three": "", "broken": "broken", "never-ready": "never-ready", "crashes": "crashes-after-8",
    "hangs": "hangs",
}  # fmt: skip
_DEADLINE = 300
_CALLER = """
import json, pathlib, sys, threading, time, urllib.request, http.client
name, every = sys.argv[1], float(sys.argv[2])
end = pathlib.Path("/tmp/end")
end.unlink(missing_ok=True)
seen, failed, lock = {}, [], threading.Lock()
def ask():
    try:
        made = http.client.HTTPConnection(name, 8000, timeout=15)
        made.request("POST", "/", b"x")
        answer = made.getresponse()
        build = answer.read().decode().split()[0]
        with lock:
            seen[build] = seen.get(build, 0) + 1
            if answer.status != 200: failed.append(str(answer.status))
        made.close()
    except Exception as problem:
        with lock: failed.append(type(problem).__name__ + ": " + str(problem))
threads = []
while not end.exists():
    threads.append(threading.Thread(target=ask)); threads[-1].start(); time.sleep(every)
for each in threads: each.join()
print(json.dumps({"seen": seen, "failed": failed}))
"""


def build_images(registry: str, folder: Path) -> None:
    """One image a tag, under the name of each service."""
    (folder / "server.py").write_bytes((PLACE / "server.py").read_bytes())
    for tag, behaviour in TAGS.items():
        text = f'FROM {BASE}\nCOPY server.py /server.py\nENV BUILD={tag} BEHAVIOUR={behaviour}\nCMD ["python", "-u", "/server.py"]\n'
        (folder / "Dockerfile").write_text(text)
        made = f"devkit-test-rolled:{tag}"
        docker("build", "--quiet", "--tag", made, str(folder))
        for service in SERVICES:
            pushed(made, f"{registry}/team/{service}:{tag}")


@dataclass
class Rolled:
    """The project that runs. `folder` holds its Compose file and .env."""

    name: str
    folder: Path
    registry: str
    environment: Mapping[str, str] = field(repr=False)

    def put_back(self) -> None:
        """The files, the images and the journal as they were at the beginning."""
        docker("rm", "--force", f"{self.name}-devkit-roll", check=False)
        docker("volume", "rm", "--force", f"{self.name}-devkit-roll", check=False)
        (self.folder / "docker-compose.yml").write_bytes((PLACE / "docker-compose.yml").read_bytes())
        (self.folder / ".env").write_text(self._first_env)
        self.compose("up", "-d", "--wait", "--quiet-pull")
        self.answers("one")

    @property
    def _first_env(self) -> str:
        return f"REGISTRY={self.registry}\nSUBNET={self.environment['SUBNET']}\nSHOP_IMAGE_TAG=one\n"

    def port(self) -> int:
        """Where the proxy listens on loopback."""
        return int(self.compose("port", "traefik", "80").strip().rpartition(":")[2])

    def until(self, holds: Callable[[], object]) -> None:
        """Waits until something holds."""
        for _ in looks(_DEADLINE):
            if holds():
                return
        raise AssertionError(self.state())

    def until_locked(self) -> None:
        """Waits until a roll is at work."""
        lock = ("container", "inspect", f"{self.name}-devkit-roll")
        self.until(lambda: docker(*lock, check=False).returncode == 0)

    def compose(self, *arguments: str) -> str:
        return self._run(["docker", "compose", *arguments], check=True).stdout

    def devkit(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`devkit compose …`, called in the project's folder as a user would."""
        done = self._run(self.command(*arguments))
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}\n{self.state()}"
        return done

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-E", "-s", str(ROOT / "tools"), "compose", *arguments]

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """The same, left running, with more variables."""
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env={**os.environ, **self.environment, **more}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def _run(self, command: list[str], *, check: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.environment}, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=_DEADLINE,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}: {done.stderr[-3000:]}"
        return done

    def ids(self, service: str, *, all_: bool = False) -> list[str]:
        """The service's containers, those that have ended too if `all_`."""
        filters = (
            f"label=com.docker.compose.project={self.name}",
            f"label=com.docker.compose.service={service}",
        )
        words = [word for each in filters for word in ("--filter", each)]
        found = (
            docker("ps", "--quiet", "--no-trunc", *(["--all"] if all_ else []), *words)
            .stdout.decode()
            .split()
        )
        return sorted(found)

    def builds(self, service: str) -> list[str]:
        """The image tags of its running containers."""
        return sorted(
            inspected("container", each)["Config"]["Image"].rpartition(":")[2] for each in self.ids(service)
        )

    def ask(self, path: str = "/", host: str = "shop.test") -> httpx.Response:
        """Through the proxy."""
        port = self.port()
        return httpx.get(
            f"http://127.0.0.1:{port}{path}", headers={"Host": host}, timeout=PATIENCE, trust_env=False
        )

    def answers(self, build: str) -> None:
        """Waits until the proxy gives this build's answer alone."""
        for _ in looks():
            answer = self.ask()
            if answer.status_code == 200 and answer.text.split()[0] == build:
                return
        raise AssertionError(f"{build}: {answer.status_code} {answer.text}\n{self.state()}")

    @contextmanager
    def called(self, service: str, every: float = 0.05) -> Iterator[dict[str, Any]]:
        """Calls a service by its name from another container, each time on a new connection, without waiting for answers, until
        the block ends. What was seen is in what is yielded, then."""
        [caller] = self.ids("store")
        process = subprocess.Popen(
            ["docker", "exec", caller, "python", "-c", _CALLER, service, str(every)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        seen: dict[str, Any] = {}
        try:
            yield seen
        finally:
            docker("exec", caller, "touch", "/tmp/end")
            said, _ = process.communicate(timeout=_DEADLINE)
        seen |= json.loads(said)

    def state(self) -> str:
        """What a failed test shows."""
        names = "{{.Names}}\t{{.Status}}\t{{.Image}}\t{{.ID}}"
        return docker(
            "ps", "--all", "--filter", f"label=com.docker.compose.project={self.name}", "--format", names
        ).stdout.decode()


@contextmanager
def rolled(folder: Path, registry: str) -> Iterator[Rolled]:
    """The stack, up; removed with its volumes at the end."""
    name = f"devkit-test-{secrets.token_hex(4)}"
    subnet = f"10.{secrets.randbelow(100) + 100}.{secrets.randbelow(250)}"
    made = Rolled(name, folder, registry, {"COMPOSE_PROJECT_NAME": name, "SUBNET": subnet})
    try:
        made.put_back()
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "5", "--remove-orphans")
        docker("rm", "--force", f"{name}-devkit-roll", check=False)
        docker("volume", "rm", "--force", f"{name}-devkit-roll", check=False)
