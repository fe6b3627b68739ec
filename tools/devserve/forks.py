"""Starts a fork server."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["launch"]

_TOOLS = Path(__file__).resolve().parents[1]


def launch(
    control: socket.socket, environment: Mapping[str, str], output: int | None = None
) -> subprocess.Popen[bytes]:
    """Starts a fork server that takes its requests from the other end of `control`; it knows no PYTHONPATH.

    `output` is a file descriptor for the little that it writes itself (inherited by default).
    """
    settings = {
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        # Titles stay out of the environment's memory: from there others read whose process it is.
        "SPT_NOENV": "1",
    }
    return subprocess.Popen(
        [
            sys.executable, "-E", "-s", "-X", "frozen_modules=off", "-c",
            "import sys; sys.path.insert(0, sys.argv.pop(1)); from devserve.forkserver import main; main()",
            str(_TOOLS), str(control.fileno()),
        ],
        pass_fds=[control.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True, env=dict(environment) | settings,
    )  # fmt: skip
