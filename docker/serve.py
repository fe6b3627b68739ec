"""What a production container runs: the service named by SERVICE under uvicorn, on APP_PORT, until SIGTERM.

After SIGTERM it takes requests for DRAIN_SECONDS more (default: 5). How it ends is in tools/devserve/server.py, which
images carry beside this file.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))  # in the repository

from devserve.ending import Ending, end_now

# Seconds from SIGTERM to the end: below the 30 s after which Kubernetes and Compose kill.
WHOLE = 25
# The rest is for what is under way then.
LONGEST_DRAIN = 15


def main() -> None:
    """Serves until SIGTERM or SIGINT. Raises SystemExit: 3 when the service cannot start, its own code when it cannot be
    imported."""
    # The first process of a container ignores what it has no handler for, and the imports take a second.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda told, _: end_now(told))
    # config: allow undeclared: the container's, as APP_PORT is; on the local engine it has no meaning
    drain = _drain(os.environ.get("DRAIN_SECONDS") or "5")
    from devserve.server import Server, configured

    config = configured(os.environ["SERVICE"].replace("-", "_") + ".main:app")
    port = int(os.environ["APP_PORT"])
    try:
        listener = socket.create_server(("0.0.0.0", port), backlog=config.backlog)
    except OSError as problem:
        raise SystemExit(f"port {port}: {problem.strerror}") from None
    Server(config, Ending(drain, WHOLE - drain), early=True).run(sockets=[listener])


def _drain(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if 0 <= seconds <= LONGEST_DRAIN:
        return seconds
    sys.stderr.write(f"DRAIN_SECONDS is malformed: expected a number of seconds, 0 to {LONGEST_DRAIN}\n")
    raise SystemExit(78)  # EX_CONFIG (sysexits.h)


if __name__ == "__main__":
    main()
