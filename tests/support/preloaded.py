"""A process that has imported `devkit` and forks itself for every call of it: `tests/support/call.py` starts it.

Its argument is the descriptor of a socket. A request says `arguments`, `environ`, `folder`, which descriptors the call does
not have (`closed`) and which folders it cannot write (`read_only`); with it come its standard input, output and error, and
a pipe that is told its pid and, when it has ended, its exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

_code = 0


@atexit.register  # before any other, so that it is the last one called
def _leave() -> None:
    """Without taking the interpreter apart, which would copy every page that is shared."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(_code)


sys.path[0:0] = [str(Path(__file__).parents[2] / folder) for folder in ("tools", "libs")]

import devkit  # noqa: E402
from devkit.cli import main as call  # noqa: E402
from devserve import wire  # noqa: E402

_NEW_MOUNTS, _BIND, _REMOUNT, _READ_ONLY, _PRIVATE, _ALL_BELOW = 0x20000, 4096, 32, 1, 1 << 18, 16384
# What devkit imports only where it is needed, and those import in their turn.
_LATE = (
    "certifi", "encodings.ascii", "encodings.idna", "httpcore", "httpx", "jsonschema", "kubernetes.client", "multipart",
    "packaging.requirements", "pip._internal.models.index", "psycopg", "psycopg.sql", "typer._adapters", "typer._click.decorators", "watchfiles",
)  # fmt: skip


def serve(control: socket.socket) -> None:
    """Forks until the socket is closed."""
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    while True:
        sources: list[socket.socket | int] = [control, woken]
        ready, _, _ = select.select(sources, [], [])
        if woken in ready:
            os.read(woken, 4096)
            while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
                _tell(running[ended[0]], os.waitstatus_to_exitcode(ended[1]))
                os.close(running.pop(ended[0]))
        if control in ready:
            try:
                request, descriptors = wire.receive(control)
            except (EOFError, OSError):
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                for descriptor in (woken, waking, descriptors.pop(), *running.values()):
                    os.close(descriptor)
                _become(request, descriptors)
            running[pid] = descriptors.pop()
            _tell(running[pid], pid)
            for descriptor in descriptors:
                os.close(descriptor)


def _tell(pipe: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # it was not waited for
        os.write(pipe, struct.pack("i", number))


def preload() -> None:
    """Everything that a call imports, also late."""
    names = [module.name for module in pkgutil.walk_packages(devkit.__path__, "devkit.")]
    for name in (*names, *_LATE):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from devkit.render.artefacts import render
    from devkit.table.load import load_table

    table, _ = load_table(Path(__file__).parents[1] / "golden" / "shop" / "dev" / "services.yaml")
    if table is not None:
        render(table)  # templates are compiled at their first use
    gc.collect()
    gc.freeze()


def _become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    global _code
    try:
        _code = _called(request, descriptors)
    except BaseException:
        _code = 1
        traceback.print_exc()
    sys.exit()


def _called(request: dict[str, Any], descriptors: list[int]) -> int:
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    for folder in request["read_only"]:
        _make_read_only(folder)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    for number in request["closed"]:
        os.close(number)
        # What the interpreter itself does for a descriptor that it does not find.
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)
    return call(request["arguments"])


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
    preload()
    serve(socket.socket(fileno=int(sys.argv[1])))
