"""Starts a fork server."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping

from devserve.starting import interpreter

__all__ = ["launch"]


def launch(
    control: socket.socket,
    environment: Mapping[str, str],
    output: int | None = None,
    *,
    spawning: bool = False,
) -> subprocess.Popen[bytes]:
    """Starts a fork server that takes its requests from the other end of `control`; it knows no PYTHONPATH.

    `output` is a file descriptor for the little that it writes itself (inherited by default). `spawning`: it starts Python
    processes as fresh interpreters (`devserve.starting`).
    """
    # Titles stay out of the environment's memory: from there others read whose process it is.
    settings = {"SPT_NOENV": "1"}
    if not spawning:
        settings["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"  # of who forks on macOS nevertheless
    return subprocess.Popen(
        [*interpreter("devserve.forkserver"), str(control.fileno()), "spawn" if spawning else "fork"],
        pass_fds=[control.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True, env=dict(environment) | settings,
    )  # fmt: skip
