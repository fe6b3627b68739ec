"""Runs a Go program under Delve: `python run.py PORT BINARY [--wait]`.

Delve alone would not do: at SIGTERM it kills the program, which could not shut down; and when the program ends, Delve
stays, so that nobody sees a crash. Without `dlv` on PATH the program runs plainly.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import psutil

__all__ = ["main"]

# Seconds that the program gets to end after SIGTERM: less than the fork server gives this process.
_GRACE = 1.5
_LOOK = 0.05


def main(port: str, binary: str, *options: str) -> int:
    """Returns the exit code: 0 after SIGTERM, 1 when the program ended by itself (Delve does not pass its code on)."""
    delve = shutil.which("dlv")
    if delve is None:
        sys.stdout.write(f"devkit: dlv is not on PATH, so no debugger listens on port {port}\n")
        sys.stdout.flush()
        os.execv(binary, [binary])
    going = [] if "--wait" in options else ["--continue"]
    debugger = subprocess.Popen(
        [
            delve, "exec", "--headless", f"--listen=127.0.0.1:{port}", "--api-version=2", "--accept-multiclient",
            "--check-go-version=false", *going, binary,
        ]
    )  # fmt: skip
    told = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: told.set())
    program = _program(debugger, binary, told)
    while program is not None and program.is_running() and debugger.poll() is None and not told.wait(_LOOK):
        pass
    if told.is_set() and program is not None:
        _end(program)
    debugger.terminate()  # it kills what still runs of the program
    code = debugger.wait()
    if program is not None:
        _kill(program)
    return 0 if told.is_set() else code or 1


def _program(debugger: subprocess.Popen[bytes], binary: str, told: threading.Event) -> psutil.Process | None:
    """The program, once Delve has started it; None if it never does."""
    while debugger.poll() is None and not told.is_set():
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(debugger.pid).children():
                if _runs(child, binary):
                    return child
        time.sleep(_LOOK)
    return None


def _end(program: psutil.Process) -> None:
    """SIGTERM, unless it stands at a breakpoint, where it could not act on it."""
    with contextlib.suppress(psutil.Error):
        if program.status() != psutil.STATUS_TRACING_STOP:
            program.terminate()
            program.wait(_GRACE)


def _kill(program: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        program.kill()


def _runs(process: psutil.Process, binary: str) -> bool:
    """Whether it is this program, as the compiler put it there or since replaced it."""
    with contextlib.suppress(psutil.Error, OSError):
        return process.exe().removesuffix(" (deleted)") == os.path.realpath(binary)
    return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
