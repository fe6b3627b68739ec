"""Hands a daily command to the platform that runs: its command server has imported already what the command needs.

Standard library only, and little of it: this runs before every command. Whatever is unusual (nothing runs, another user,
a closed file descriptor, a server of other code) is left to the command itself, run here as ever.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # typing's own would have to be imported
if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

__all__ = ["SERVED", "SOCKET", "hand_over"]

SOCKET = "commands.sock"
DIRECT_VARIABLE = "DEVKIT_DIRECT"
# What is typed many times a day. A command that follows or listens outlives the platform, so it is not among them.
SERVED = frozenset({"status", "logs", "restart", "stop", "webhook", "db", "debug"})
_LASTING = frozenset({"-f", "--follow", "listen", "suite", "--wait"})
# Seconds for the server to say that it is ready; it may be about to import.
_PATIENCE = 0.5
_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGWINCH", "SIGCONT")


def hand_over(arguments: Sequence[str], installation: str) -> int | None:
    """Runs the command in the command server of the repository that it is about. Its exit code; None when it has to run
    here, of which nothing has been done then."""
    if not _is_served(arguments):
        return None
    if os.environ.get(DIRECT_VARIABLE) or None in (sys.stdin, sys.stdout, sys.stderr):
        return None
    try:
        channel = _connected(os.path.join(_root(installation), ".devkit"))
    except OSError:
        return None
    with channel:
        channel.settimeout(_PATIENCE)
        try:
            if channel.recv(4096) != b"ready " + os.fsencode(os.path.realpath(installation)) + b"\n":
                return None
            _ask(channel, arguments)
        except OSError:
            return None  # the server runs nothing that it was not asked for whole
        channel.settimeout(None)
        return _outcome(channel)


def _is_served(arguments: Sequence[str]) -> bool:
    if not arguments or arguments[0] not in SERVED or not _LASTING.isdisjoint(arguments):
        return False
    # Without a service it ends the platform, and the server with it.
    return arguments[0] != "stop" or (len(arguments) > 1 and not arguments[1].startswith("-"))


def _root(installation: str) -> str:
    """As devkit.base.paths.project_root, for the usual cases."""
    if given := os.environ.get("DEVKIT_ROOT"):
        return given
    folder = os.getcwd()
    while True:
        if os.path.isfile(os.path.join(folder, "dev", "services.yaml")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return installation
        folder = above


def _connected(folder: str) -> socket.socket:
    """A socket's path has 108 bytes at most, a folder's may have more."""
    import socket

    path = os.path.join(folder, SOCKET)
    if os.stat(path).st_uid != os.getuid():
        raise PermissionError
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if len(os.fsencode(path)) < 100:
            channel.connect(path)
        else:
            before = os.open(".", os.O_RDONLY)
            try:
                os.chdir(folder)
                channel.connect(SOCKET)
            finally:
                os.fchdir(before)
                os.close(before)
    except OSError:
        channel.close()
        raise
    return channel


def _ask(channel: socket.socket, arguments: Sequence[str]) -> None:
    import json
    import socket
    import struct

    mask = os.umask(0o077)
    os.umask(mask)
    body = json.dumps(
        {
            "arguments": arguments,
            "cwd": os.getcwd(),
            "environment": dict(os.environ),
            "umask": mask,
            "ignored": [
                name for name in _FORWARDED if signal.getsignal(getattr(signal, name)) == signal.SIG_IGN
            ],
        }
    ).encode()
    data = struct.pack("!I", len(body)) + body
    sent = socket.send_fds(channel, [data], [0, 1, 2])
    channel.sendall(data[sent:])


def _outcome(channel: socket.socket) -> int:
    """Passes signals on until the command has ended. Its exit code."""
    import json

    lines = channel.makefile("rb")
    first = lines.readline()
    if not first:
        return _ended()
    pid = int(json.loads(first)["pid"])

    def forward(number: int, _frame: object) -> None:
        _tell(pid, number)

    def suspend(_number: int, _frame: object) -> None:
        _tell(pid, signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)

    for name in _FORWARDED:
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, forward)
    if signal.getsignal(signal.SIGTSTP) != signal.SIG_IGN:
        signal.signal(signal.SIGTSTP, suspend)
    last = lines.readline()
    return int(json.loads(last)["code"]) if last else _ended()


def _ended() -> int:
    sys.stderr.write(
        "devkit: the command was ended before it was done, as the platform may have been: ./devkit status\n"
    )
    return 1


def _tell(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
