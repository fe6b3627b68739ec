"""The debugger in a process of a service: loaded when somebody attaches to its debug port, and not before."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devserve import wire

__all__ = ["debug_when_told", "untraced"]

_log = logging.getLogger("devserve.debugger")


def untraced(work: Callable[..., None], *arguments: object, name: str) -> threading.Thread:
    """A running thread that the debugger neither traces nor suspends: it carries the debugger's own messages."""
    thread = threading.Thread(target=work, args=arguments, name=name, daemon=True)
    for mark in ("pydev_do_not_trace", "is_pydev_daemon_thread"):  # what pydevd marks its own threads with
        setattr(thread, mark, True)
    thread.start()
    return thread


def debug_when_told(link: socket.socket) -> threading.Event:
    """Waits in the background for `{"port", "access_token", "ppid"}` on `link`, and connects to debugpy's adapter there.

    The event is set once a debugger has placed its breakpoints in this process, or cannot any more.
    """
    connected = threading.Event()
    untraced(_wait, link, connected, name="debug-link")
    return connected


def _wait(link: socket.socket, connected: threading.Event) -> None:
    with link, contextlib.suppress(EOFError, OSError):
        while True:
            message, _ = wire.receive(link)
            try:
                _connect(message)
            except Exception:
                _log.exception("the debugger could not be loaded")
            connected.set()


def _connect(adapter: dict[str, Any]) -> None:
    """As a subprocess of the process `ppid`; returns when the client is through with its `configurationDone`.

    `debugpy.connect` does the same but for the access token, without which an adapter of `debugpy.listen` is refused.
    """
    import debugpy.server.api  # makes its own pydevd importable
    import pydevd

    pydevd.settrace(
        host="127.0.0.1", suspend=False, patch_multiprocessing=True, notify_stdin=False, **adapter,
        dont_trace_start_patterns=(str(Path(debugpy.__file__).parent),), dont_trace_end_patterns=("debugpy_launcher.py",),
    )  # fmt: skip
