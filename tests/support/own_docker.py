"""A Docker daemon of a test's own, which it may stop, start again, and fill the disk of."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks

__all__ = ["INSIDE", "OwnDocker", "in_a_network_of_its_own", "own_docker"]

INSIDE = "DEVKIT_TEST_OWN_NETWORK"


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
                    "--host", self.host, "--bridge", "none",
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
    """The daemon, without containers. Only for a process in a network namespace of its own: a daemon takes the bridge away that
    another one has."""
    assert os.environ.get(INSIDE), "in_a_network_of_its_own() runs a test there"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    made = OwnDocker(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        subprocess.run(["umount", "--recursive", "--lazy", folder], check=False)


def in_a_network_of_its_own(test: str) -> None:
    """Runs a test again, in namespaces of its own for network and mounts. Skips where it cannot."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("unshare") is None:
        pytest.skip("needs root, dockerd and unshare")
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "compose", test]
    # Its own containerd, too: the machine's does not see what is mounted here.
    inside = f"ip link set lo up && mount -t tmpfs tmpfs /run/containerd && exec {shlex.join(again)}"
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", inside], cwd=ROOT, env={**os.environ, INSIDE: "1"}, capture_output=True,
        text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
