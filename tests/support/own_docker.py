"""A Docker daemon of a test's own, which it may stop, start again, and fill the disk of."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.polling import PATIENCE, looks

__all__ = ["OwnDocker", "own_docker"]


@dataclass
class OwnDocker:
    """`folder` is a file system of its own, in memory."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.folder}/docker.sock"

    def start(self) -> None:
        """Starts the daemon, and waits until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    "dockerd", "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid",
                    "--host", self.host, "--bridge", "none", "--insecure-registry", "127.0.0.0/8",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        for _ in looks(60):
            if subprocess.run(["docker", "-H", self.host, "version"], capture_output=True).returncode == 0:
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """Ends the daemon, and its containers with it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def take(self, images: Sequence[str]) -> None:
        """Brings images of this machine's Docker."""
        saved = subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE)
        subprocess.run(
            ["docker", "-H", self.host, "load", "--quiet"],
            stdin=saved.stdout,
            check=True,
            capture_output=True,
        )
        assert saved.wait() == 0

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more can be written."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                try:
                    while True:
                        file.write(bytes(1 << 8))
                except OSError:
                    pass
        try:
            yield
        finally:
            ballast.unlink()


@contextmanager
def own_docker(folder: Path, size: str = "2500m") -> Iterator[OwnDocker]:
    """The daemon, without containers; skips where it cannot be."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and dockerd")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    made = OwnDocker(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        subprocess.run(["umount", "--recursive", "--lazy", folder], check=False)
