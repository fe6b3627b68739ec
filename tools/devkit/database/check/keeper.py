"""Runs a server for as long as standard input is open, and then deletes its folder: `keeper.py FOLDER COMMAND …`.

The other end is held by who started it, however that one ends. Imports nothing of devkit: it is run by itself.
"""

from __future__ import annotations

import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

# Seconds between two looks whether the server still runs, and from SIGQUIT to SIGKILL.
_EVERY, _GRACE = 0.1, 10.0


def main(folder: str, command: Sequence[str]) -> None:
    """Returns once the server has ended; its folder is gone then, unless it ended by itself."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while not select.select([sys.stdin], [], [], _EVERY)[0]:
        if server.poll() is not None:
            return  # by itself: its log is of interest
    server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
    try:
        server.wait(_GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
