"""`python -m devserve` on a small application in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from devserve import changes

from tests.support.demo import until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.storage import free_port

__all__ = ["SERVICE", "Held", "Served", "served", "tarball"]

SERVICE = """\
import asyncio
import os
from pathlib import Path

from fastapi import FastAPI

from hello.words import GREETING
from shared import NAME

app = FastAPI()


@app.get("/")
async def say() -> dict[str, object]:
    version = 1
    return {"version": version, "says": f"{GREETING} {NAME}", "pid": os.getpid()}


@app.get("/held")
async def held(folder: Path) -> int:
    (folder / "at work").touch()
    while not (folder / "release").exists():
        await asyncio.sleep(0.02)
    return 1
"""

_START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from devserve import changes
from devserve.__main__ import main
changes.PATIENCE = float(sys.argv.pop(1))
sys.exit(main())
"""


class Held(threading.Thread):
    """A request that is under way. `answers` is empty, then what came: the service's answer, or why there is none."""

    def __init__(self, service: Served, folder: Path) -> None:
        super().__init__()
        self.folder, self.answers = folder, list[object]()
        self._service = service

    def run(self) -> None:
        try:
            self.answers.append(self._service.get(f"/held?folder={quote(str(self.folder))}"))
        except OSError as problem:
            self.answers.append(problem)

    def release(self) -> None:
        """Lets the service finish it, and waits for the answer."""
        (self.folder / "release").touch()
        self.join()


@dataclass
class Served:
    """A running devserve: `root` has src/hello and libs/shared."""

    root: Path
    port: int
    debug_port: int
    process: subprocess.Popen[bytes]

    @property
    def main(self) -> Path:
        return self.root / "src" / "hello" / "main.py"

    def get(self, path: str = "/", timeout: float = PATIENCE) -> Any:
        """GET; raises OSError when refused."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as reply:
            return json.load(reply)

    def save(self, version: int) -> None:
        """Saves the service with another version, as an editor that writes in place. The file is never empty in between:
        a machine that stops there would make two saves of it."""
        text = re.sub(r"version = \d+", f"version = {version}", self.main.read_text())
        with self.main.open("r+") as file:
            file.write(text)
            file.truncate()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Whatever is changed in the block is changed in one moment, as devserve sees it: it stands still meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def held(self) -> Iterator[Held]:
        """A request that the service is at work on, until it is released."""
        with tempfile.TemporaryDirectory() as name:
            request = Held(self, Path(name))
            request.start()
            try:
                until((request.folder / "at work").exists, what="the request's arrival")
                yield request
            finally:
                request.release()

    def answers(self, version: int) -> None:
        """Waits until that version answers."""
        until(lambda: self.get()["version"] == version, what=f"version {version}")

    def sync(self, files: dict[str, str]) -> None:
        """Replaces files as Tilt does, by a stream that tar unpacks. Paths are relative to the root."""
        subprocess.run(["tar", "-C", str(self.root), "-x", "-f", "-"], input=tarball(files), check=True)

    def log(self) -> str:
        """What the process and its children wrote."""
        return (self.root / "log").read_text("utf-8", "replace")

    def reloads(self) -> int:
        """How often a save was acted on."""
        return self.log().count("; reloading")

    def fork_server(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def tarball(files: dict[str, str]) -> bytes:
    """A tar archive of text files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


@contextmanager
def served(
    folder: Path,
    *arguments: str,
    main: str = SERVICE,
    patience: float = changes.PATIENCE,
    prefix: Sequence[str] = (),
) -> Iterator[Served]:
    """devserve, started; it need not answer yet. Whatever runs of it at the end is killed. `patience` is how many seconds
    it gives a sync to bring the rest of a file; `prefix` a command that runs it."""
    files = {
        "src/hello/__init__.py": "",
        "src/hello/main.py": main,
        "src/hello/words.py": 'GREETING = "hello"\n',
        "libs/shared/__init__.py": 'NAME = "world"\n',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    port, debug_port = free_port(), free_port()
    environment = os.environ | {
        "SERVICE": "hello",
        "APP_PORT": str(port),
        "DEBUG_PORT": str(debug_port),
        "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder / "libs")]),
    }
    command = [sys.executable, "-E", "-s", "-c", _START, str(ROOT / "tools"), str(patience)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*prefix, *command, "--watch", "src", "--watch", "libs", *arguments],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    running = Served(folder, port, debug_port, process)
    try:
        yield running
    finally:
        left = running.children() if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        for child in left:
            if child.is_running():
                child.kill()
