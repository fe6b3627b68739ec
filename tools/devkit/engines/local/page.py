"""The page's development server: Node is optional, and its packages are installed when their lock changes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from devkit.table.model import Service

__all__ = ["NODE_NEEDED", "install_packages", "packages_current", "page_command", "runs_vite"]

# What Vite runs on.
_NODE_MINIMUM, _NODE_SECOND = (20, 19), (22, 12)
NODE_NEEDED = "20.19, or 22.12 and newer"


def runs_vite(version: str) -> bool:
    """Whether Vite runs on the Node.js that calls itself so, as in `v20.19.1`."""
    match = re.match(r"v(\d+)\.(\d+)", version)
    found = tuple(map(int, match.groups())) if match else (0, 0)
    return found >= _NODE_MINIMUM and found[0] != 21 and not (found[0] == 22 and found < _NODE_SECOND)


def page_command(root: Path, service: Service, port: int) -> tuple[dict[str, object], str | None]:
    """How to start Vite (a fork server's request), or why it cannot run here."""
    folder = root / (service.path or f"apps/{service.name}")
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return (
            {},
            f"Node.js is not on PATH ({NODE_NEEDED}): the page does not run, everything else does",
        )
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if not runs_vite(said):
        return (
            {},
            f"Node.js {said.strip() or 'unknown'} is too old ({NODE_NEEDED}): the page does not run",
        )
    if not (folder / "package-lock.json").is_file():
        return (
            {},
            f"{folder.relative_to(root).as_posix()}/package-lock.json is missing: the page does not run",
        )
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    argv = [
        node,
        str(vite),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--strictPort",
        "--clearScreen",
        "false",
    ]
    return {"argv": argv, "cwd": str(folder), "end": 15}, None


def packages_current(folder: Path) -> bool:
    """Whether node_modules was completely installed from today's package-lock.json."""
    stamp = folder / "node_modules" / ".devkit-lock.json"
    return stamp.is_file() and stamp.read_bytes() == (folder / "package-lock.json").read_bytes()


def install_packages(folder: Path) -> str | None:
    """`npm ci` in `folder`. Returns npm's last lines when it failed, None when it worked.

    Vite is a development dependency: a NODE_ENV=production of the shell must not leave it out.
    """
    lock = (folder / "package-lock.json").read_bytes()
    npm = shutil.which("npm") or "npm"
    done = subprocess.run(
        [npm, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if done.returncode:
        return "\n".join(done.stdout.strip().splitlines()[-10:]) or f"npm ended with {done.returncode}"
    (folder / "node_modules" / ".devkit-lock.json").write_bytes(lock)
    return None
