"""A registry of images on loopback (Debian's docker-registry), which Docker trusts there without TLS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.images import docker
from tests.support.polling import PATIENCE, looks
from tests.support.storage import free_port

__all__ = ["MISSING", "pushed", "registry"]

MISSING = "docker-registry (Debian's package of this name)"
_CONFIG = """version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A registry that keeps its images in `folder`, and ends with the block. Yields `127.0.0.1:PORT`."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip(f"needs {MISSING}")
    port = free_port()
    config, log = folder / "config.yml", folder / "log"
    config.write_text(_CONFIG.format(folder=folder / "images", port=port))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "serve", config], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        for _ in looks():
            assert process.poll() is None, log.read_text()
            try:
                if (
                    httpx.get(f"http://127.0.0.1:{port}/v2/", timeout=PATIENCE, trust_env=False).status_code
                    == 200
                ):
                    break
            except httpx.TransportError:
                continue
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def pushed(image: str, name: str) -> None:
    """Gives an image a name in a registry, sends it there, and forgets the name here."""
    docker("tag", image, name)
    docker("push", "--quiet", name)
    docker("image", "rm", "--no-prune", name)
