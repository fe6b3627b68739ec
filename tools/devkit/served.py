"""The command server: runs daily commands in children of a process that has imported what they need.

`tools/handover.py` is the other side. A connection is greeted with the place of this devkit, unless its files have changed
since they were imported. It sends its arguments, folder, environment and file descriptors, and a forked child runs the
command as if it had been started there. What that child had to import is imported here for the next one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from handover import SERVED

from devkit.base.paths import INSTALLATION, code_folders
from devkit.base.shell import set_aside
from devkit.cli import COMMANDS, main
from devkit.engines.local.client import inside

__all__ = ["serve"]

# Large, and of no use to the engine that this serves.
_NEVER = ("kubernetes", "devkit.cluster", "devkit.engines.tilt", "devkit.mesh")
# Seconds in which a caller sends what it asked to send.
_PATIENCE = 5.0
_OWN = tuple(code_folders())
_LOCKS = INSTALLATION / ".venv" / "devkit-locks"
_LENGTH = struct.Struct("!I")


def serve(folder: str, name: str) -> None:
    """Serves the socket `name` in `folder` until devkit's files change or it is ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what is done
    for command in sorted(SERVED):
        importlib.import_module(COMMANDS[command][0])
    files = _Files()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with inside(Path(folder)):
        Path(name).unlink(missing_ok=True)
        listener.bind(name)
        Path(name).chmod(0o600)
    listener.listen(16)
    learned, learn = os.pipe()
    gc.freeze()  # the collector would write to every shared page
    sources: list[socket.socket | int] = [listener, learned]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if learned in ready:
            _import_all(os.read(learned, 65536).decode().split())
            files.note()
            gc.freeze()
        if listener in ready:
            connection, _ = listener.accept()
            with connection:
                if files.changed():
                    return
                _answer(connection, listener, learn)


class _Files:
    """The files of devkit that were imported, and the locks that the environment was made from, as they were then."""

    def __init__(self) -> None:
        self._known = {str(file): _stamp(str(file)) for file in _LOCKS.glob("*.txt")}
        self.note()

    def note(self) -> None:
        """Adds what was imported since."""
        for module in list(sys.modules.values()):
            file = str(getattr(module, "__file__", None))
            if file.startswith(_OWN) and file not in self._known:
                self._known[file] = _stamp(file)

    def changed(self) -> bool:
        return any(_stamp(file) != known for file, known in self._known.items())


def _stamp(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - some hundred at a time
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _import_all(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _answer(connection: socket.socket, listener: socket.socket, learn: int) -> None:
    connection.settimeout(_PATIENCE)
    descriptors: list[int] = []
    try:
        connection.sendall(b"ready " + os.fsencode(INSTALLATION) + b"\n")
        request = _request(connection, descriptors)
        if request is None or len(descriptors) != 3:
            return
        if os.fork() == 0:
            listener.close()
            _run(request, descriptors, connection, learn)
    except OSError:
        pass  # the caller has gone, and runs it itself
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _request(connection: socket.socket, descriptors: list[int]) -> dict[str, Any] | None:
    """What the caller wants; None when it went away before it had said all."""
    head, received, _, _ = socket.recv_fds(connection, 65536, 3)
    descriptors += received
    data = bytearray(head)
    while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    found: dict[str, Any] = json.loads(data[_LENGTH.size :])
    return found


def _run(request: dict[str, Any], descriptors: list[int], connection: socket.socket, learn: int) -> NoReturn:
    """In the child: becomes the caller as far as a command can tell, and ends with its exit code."""
    code = 70  # EX_SOFTWARE
    try:
        connection.settimeout(None)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for name in request["ignored"]:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        for target, source in enumerate(descriptors):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(request["environment"])
        set_aside()
        os.umask(request["umask"])
        os.chdir(request["cwd"])
        for target, stream in enumerate(("stdin", "stdout", "stderr")):
            setattr(sys, stream, _text(target))
        sys.argv = ["devkit", *request["arguments"]]
        before = set(sys.modules)
        gc.enable()
        connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        code = main(request["arguments"])
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        connection.sendall(json.dumps({"code": int(code)}).encode() + b"\n")
        names = [each for each in sys.modules if each not in before and not each.startswith(_NEVER)]
        os.write(learn, ("\n".join(names) + "\n").encode()[: select.PIPE_BUF])
    except BrokenPipeError:
        pass  # the caller is gone
    except BaseException:
        import traceback

        with contextlib.suppress(Exception):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(code)


def _text(descriptor: int) -> Any:
    """A standard stream as Python opens it."""
    mode = "r" if descriptor == 0 else "w"
    lines = descriptor == 2 or os.isatty(descriptor)
    errors = "backslashreplace" if descriptor == 2 else "surrogateescape" if not lines else "strict"
    return open(
        descriptor, mode, encoding="utf-8", errors=errors, buffering=1 if lines else -1, closefd=False
    )


def _end_with(connection: socket.socket) -> None:
    """Ends this process when its caller has gone without waiting, as when it was killed."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    # By the first that is not ignored, as a caller under nohup ignores hangups.
    heeded = (each for each in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(each) != signal.SIG_IGN)
    os.kill(os.getpid(), next(heeded, signal.SIGKILL))
