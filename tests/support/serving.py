"""A service as a production container runs it (docker/serve.py), and callers that count what fails."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.platform import ROOT, environment, python_services
from tests.support.polling import PATIENCE, looks
from tests.support.storage import free_port

__all__ = ["ENDED", "Callers", "Production", "is_refused", "production", "silent"]

# How a shell, or Kubernetes, tells an end on SIGTERM; and how Python tells it of a child.
ENDED = (0, 143, -signal.SIGTERM)


@dataclass
class Production:
    """A running docker/serve.py. `pid` is where signals go."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    pid: int = field(default=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> httpx.Response:
        """What /health/ready says. Raises httpx.HTTPError."""
        return httpx.get(f"{self.url}/health/ready", timeout=PATIENCE, trust_env=False)

    def wait_for(self, status: str, seconds: float = PATIENCE) -> httpx.Response:
        """Polls /health/ready until that is its status."""
        last: object = None
        for _ in looks(seconds):
            assert self.process.poll() is None, self.output()[-3000:]
            try:
                answer = self.ready()
                last = answer.text
                if answer.json()["status"] == status:
                    return answer
            except httpx.HTTPError as problem:
                last = problem
        raise AssertionError(f"not {status!r} but {last}:\n{self.output()[-3000:]}")

    def tell(self, number: signal.Signals = signal.SIGTERM) -> None:
        os.kill(self.pid or self.process.pid, number)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE)

    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")


@contextmanager
def production(
    name: str,
    folder: Path,
    database_url: str,
    redis_url: str,
    more: Mapping[str, str] | None = None,
    *,
    prefix: Sequence[str] = (),
) -> Iterator[Production]:
    """docker/serve.py with the environment that the table gives to the service, started; it need not answer yet. `prefix`
    is a command that runs it. Whatever runs of it at the end is killed."""
    ports = {each: free_port() for each in python_services()}
    variables = {
        "PATH": os.defpath, "SERVICE": name, "PYTHONPATH": f"{ROOT}/apps/{name}/src:{ROOT}/libs",
        **environment(name, ports, database_url, redis_url), **(more or {}),
    }  # fmt: skip
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, sys.executable, str(ROOT / "docker" / "serve.py")],
            cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield Production(ports[name], process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def silent() -> Iterator[int]:
    """The port of something that takes connections and never answers, as a database that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener.getsockname()[1]


class Callers:
    """Ask again and again until they are refused, one after the other: half of them on new connections, half on one that is
    kept while the service lets them. `failed` is what went wrong but the refusal."""

    def __init__(self, port: int, path: str, number: int = 8) -> None:
        self.answered = self.told_to_go = 0
        self.failed: list[str] = []
        self._port, self._path = port, path
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._call, args=(each % 2 == 0,)) for each in range(number)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Waits until the service refuses all of them."""
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "still answered"

    def _call(self, kept: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        while True:
            is_new = connection.sock is None
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as problem:
                if not (is_new and is_refused(self._port)):
                    self._fails(problem)
                return
            with self._lock:
                self.answered += 1
                self.told_to_go += answer.will_close
                if answer.status != 200:
                    self.failed.append(f"HTTP {answer.status}")
            if not kept:
                connection.close()

    def _fails(self, problem: BaseException) -> None:
        with self._lock:
            self.failed.append(repr(problem))


def is_refused(port: int) -> bool:
    """Whether nobody listens."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionError:
        return True
    return False
