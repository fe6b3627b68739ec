"""A scratch clone with the real launcher: real venv, real pip, locks small enough to be quick."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

__all__ = ["MAIN", "Launched", "locked"]

PURPOSES = ("devkit", "services", "debug", "embedded", "tests")

MAIN = """\
import os, sys
from importlib import metadata
names = sorted(d.name for d in metadata.distributions() if d.name not in ("pip", "setuptools"))
print("arguments", sys.argv[1:], "packages", names, "folder", os.getcwd())
"""


def locked(name: str) -> str:
    """A package's block out of the project's own locks, hashes included."""
    text = "".join((Path(ROOT) / "requirements" / f"{purpose}.txt").read_text() for purpose in PURPOSES)
    found = re.search(rf"^{name}==[^\n]+\n(?:    [^\n]+\n)+", text, re.MULTILINE)
    assert found, f"{name} is in no lock"
    return found[0]


class Launched:
    """A folder with the launcher and locks of one package a purpose."""

    def __init__(self, root: Path, wheels: str = "") -> None:
        self.root, self.wheels = root, wheels
        (root / "tools").mkdir(parents=True)
        (root / "requirements").mkdir()
        shutil.copy(Path(ROOT) / "devkit", root / "devkit")
        shutil.copytree(
            Path(ROOT) / "tools" / "launcher",
            root / "tools" / "launcher",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (root / "tools" / "__main__.py").write_text(MAIN)
        for purpose in PURPOSES:
            self.lock(purpose)
        self.lock("devkit", "idna")

    def lock(self, purpose: str, *names: str) -> None:
        (self.root / "requirements" / f"{purpose}.txt").write_text("".join(map(locked, names)))

    def command(self, *arguments: str) -> list[str]:
        return [str(self.root / "devkit"), *arguments]

    def call(
        self,
        *arguments: str,
        folder: Path | None = None,
        before: tuple[str, ...] = (),
        shell: Mapping[str, str] | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """One call, with another program `before` it that runs it, and these variables of the `shell`."""
        return subprocess.run(
            [*before, *self.command(*arguments)],
            cwd=folder or self.root, env=self.environment(**environment) | dict(shell or {}),
            capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def environment(self, **more: str) -> dict[str, str]:
        shell = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        python = sys._base_executable  # type: ignore[attr-defined]
        fetched = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels} if self.wheels else {}
        return shell | {"DEVKIT_PYTHON": python, **fetched, **more}
