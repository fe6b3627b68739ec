"""Where a service's processor time goes: each few milliseconds of it, the stack that runs is counted.

A service is started as `bench.sampling:app`; the variables name the application that it is and the file for the stacks.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

__all__ = ["APP", "FILE", "app", "stacks_in"]

APP, FILE = "BENCH_APP", "BENCH_SAMPLES"

_EVERY, _WRITE_EVERY = 0.004, 3.0
_DEEPEST = 60

_seen: Counter[tuple[str, ...]] = Counter()


def _sample(_: int, frame: FrameType | None) -> None:
    stack: list[str] = []
    while frame is not None and len(stack) < _DEEPEST:
        stack.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        frame = frame.f_back
    _seen[tuple(stack)] += 1


def _write() -> None:
    """Not in the handler, which another signal may interrupt."""
    written = 0
    while True:
        time.sleep(_WRITE_EVERY)
        seen = dict(_seen)
        if written != (written := sum(seen.values())):
            lines = [json.dumps([times, stack]) for stack, times in seen.items()]
            Path(os.environ[FILE]).write_text("\n".join(lines), "utf-8")


def stacks_in(file: Path) -> Mapping[tuple[str, ...], int]:
    """How often each stack was met, its innermost function first (`file:function`)."""
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    return {tuple(stack): times for times, stack in lines}


def _application() -> object:
    module, _, name = os.environ[APP].partition(":")
    found = getattr(importlib.import_module(module), name)
    signal.signal(signal.SIGPROF, _sample)
    signal.siginterrupt(signal.SIGPROF, False)
    threading.Thread(target=_write, name="samples", daemon=True).start()
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    return found


if APP in os.environ:
    app = _application()
