"""Runs `devkit` many times without importing it as often: every run is a fork of one preloaded process, with its own environment.

Called as `preloaded.py JOBS`, a file of JSON: a list of objects with `name`, `arguments`, `environ`, `folder`, `out` and `err`
(files), `closed` (descriptors that a run does not have), `read_only` (folders). Prints an object: name → exit code.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

_AT_ONCE = 3
_SECONDS = 240.0
_NEW_MOUNTS, _BIND, _REMOUNT, _READ_ONLY, _PRIVATE, _ALL_BELOW = 0x20000, 4096, 32, 1, 1 << 18, 16384


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    _warm()
    waiting, running, codes = list(reversed(jobs)), dict[int, tuple[str, float]](), dict[str, int | None]()
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            job = waiting.pop()
            pid = os.fork()
            if pid == 0:
                _become(job)
            running[pid] = (job["name"], time.monotonic())
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            codes[running.pop(pid)[0]] = os.waitstatus_to_exitcode(status)
        else:
            time.sleep(0.005)
        for late, (name, began) in list(running.items()):
            if time.monotonic() - began > _SECONDS:
                os.killpg(late, signal.SIGKILL)
                os.waitpid(late, 0)
                codes[name] = None
                del running[late]
    json.dump(codes, sys.stdout)


def _warm() -> None:
    """Everything that a run imports, also late."""
    from devkit import cli  # noqa: F401
    from devkit.doctor import checks, facts

    names = [
        "devkit.commands.doctor",
        "packaging.requirements",
        "watchfiles",
        "pip._internal.models.index",
        "certifi",
    ]
    for package in (checks, facts):
        prefix = f"{package.__name__}."
        names += [module.name for module in pkgutil.walk_packages(package.__path__, prefix)]
    for name in [*names, "devkit.engines.choice", "devkit.cluster.client", "kubernetes.client"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from devkit.render.artefacts import render
    from devkit.table.load import load_table

    table, _ = load_table(Path(__file__).parents[1] / "golden" / "shop" / "dev" / "services.yaml")
    if table is not None:
        render(table)  # templates are compiled at their first use
    gc.freeze()


def _become(job: dict[str, Any]) -> NoReturn:
    code = 99
    try:
        os.setsid()
        for number, key in ((1, "out"), (2, "err")):
            file = os.open(job[key], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, number)
            os.close(file)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        for folder in job["read_only"]:
            _make_read_only(folder)
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["environ"])
        for number in job["closed"]:
            os.close(number)
            # What the interpreter itself does for a descriptor that it does not find.
            setattr(sys, ("stdin", "stdout", "stderr")[number], None)
        from devkit.cli import main as devkit

        code = devkit(job["arguments"])
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BaseException:
        import traceback

        with open(job["err"], "a") as errors:  # noqa: PTH123
            traceback.print_exc(file=errors)
    finally:
        os._exit(code)


def _make_read_only(folder: str) -> None:
    """In a mount namespace of this process's own; where it may have none, by its mode."""
    libc = ctypes.CDLL(None, use_errno=True)
    path = folder.encode()
    try:
        if libc.unshare(_NEW_MOUNTS) or libc.mount(b"none", b"/", None, _ALL_BELOW | _PRIVATE, None):
            raise OSError(ctypes.get_errno(), "no mount namespace")
        if libc.mount(path, path, None, _BIND, None) or libc.mount(
            path, path, None, _BIND | _REMOUNT | _READ_ONLY, None
        ):
            raise OSError(ctypes.get_errno(), "no mount")
    except (OSError, AttributeError):
        for each in (Path(folder), Path(folder) / ".devkit"):
            with contextlib.suppress(OSError):
                each.chmod(0o555)


if __name__ == "__main__":
    main()
