"""Node.js and npm: which version suffices, and packages that are installed when their lock changes."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devserve.programs import Programs

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.versions import version_in

__all__ = [
    "NODE_NEEDED",
    "NpmInstall",
    "install_packages",
    "node_program",
    "node_suffices",
    "packages_current",
]

# Seconds that `node --version` gets.
_DEADLINE = 10.0
# What Vite runs on.
_NODE_MINIMUM, _NODE_SECOND = (20, 19), (22, 12)
NODE_NEEDED = "20.19, or 22.12 and newer"


def node_suffices(version: str) -> bool:
    """Whether Vite and what else devkit starts runs on the Node.js that calls itself so, as in `v20.19.1`."""
    found = version_in(version) or (0,)
    return found >= _NODE_MINIMUM and found[0] != 21 and not (found[0] == 22 and found < _NODE_SECOND)


def node_program() -> str:
    """`node`, checked. Raises DevkitError (exit 3) whose message says what is wrong with it."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise _unusable(f"Node.js is not on PATH ({NODE_NEEDED})")
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=_DEADLINE)
    except subprocess.TimeoutExpired:
        raise _unusable(f"{node} --version has not answered for {_DEADLINE:g} s") from None
    said = done.stdout
    if not node_suffices(said):
        raise _unusable(f"Node.js {said.strip() or 'unknown'} is too old ({NODE_NEEDED})")
    return node


def _unusable(message: str) -> DevkitError:
    return DevkitError(message, fix=f"install Node.js {NODE_NEEDED}", exit_code=ExitCode.TOOL_MISSING)


@dataclass(frozen=True)
class NpmInstall:
    """`npm ci` in a folder, when its lock is another one than at the last time."""

    folder: Path
    name: str = "npm ci"

    def is_done(self) -> bool:
        return packages_current(self.folder)

    def run(self, programs: Programs) -> str | None:
        return install_packages(self.folder, programs)


def packages_current(folder: Path) -> bool:
    """Whether node_modules was completely installed from today's package-lock.json."""
    stamp = folder / "node_modules" / ".devkit-lock.json"
    return stamp.is_file() and stamp.read_bytes() == (folder / "package-lock.json").read_bytes()


def install_packages(folder: Path, programs: Programs) -> str | None:
    """`npm ci` in `folder`. Returns npm's last lines when it failed, None when it worked. One that was ended leaves no
    stamp, so that the next call installs everything again.

    Vite is a development dependency: a NODE_ENV=production of the shell must not leave it out.
    """
    lock = (folder / "package-lock.json").read_bytes()
    npm = shutil.which("npm") or "npm"
    done = programs.run(
        [npm, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], folder=folder
    )
    if done.code:
        return "\n".join(done.output.strip().splitlines()[-10:]) or f"npm ended with {done.code}"
    (folder / "node_modules" / ".devkit-lock.json").write_bytes(lock)
    return None
