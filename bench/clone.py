"""A copy of this clone with a platform of its own, on free ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ROOT", "Clone", "clone"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Clone:
    """A folder with the project's files; `offset` moves every port; `more` is added to the environment of its commands."""

    root: Path
    offset: int
    more: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-E", "-s", str(self.root / "tools"), *arguments]

    def devkit(self, *arguments: str) -> str:
        """Runs a command; its standard output."""
        return subprocess.run(
            self.command(*arguments), cwd=self.root, env=self.environment(), check=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        ).stdout  # fmt: skip

    def up(self, *services: str) -> None:
        self.devkit("up", "--engine", "local", "--detach", "--port-offset", str(self.offset), *services)

    def environment(self) -> dict[str, str]:
        return os.environ | {"DEVKIT_ROOT": str(self.root), "CI": "1", **self.more}


@contextmanager
def clone() -> Iterator[Clone]:
    """Copies what git knows of and what it does not ignore; the page's packages are linked."""
    with tempfile.TemporaryDirectory(prefix="devkit-bench-") as folder:
        root = Path(folder) / "clone"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        packages = ROOT / "apps" / "web" / "node_modules"
        if packages.is_dir():
            (root / "apps" / "web" / "node_modules").symlink_to(packages)
        made = Clone(root, _free_offset())
        try:
            yield made
        finally:
            subprocess.run(made.command("down"), env=made.environment(), capture_output=True)


def _free_offset() -> int:
    ports = (3000, 3001, 3002, 3003, 3004, 3005, 4200, 5432, 6379, *range(9229, 9235))
    for offset in range(10_000, 30_000, 500):
        if not any(_taken(port + offset) for port in ports):
            return offset
    raise RuntimeError("no free ports")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
