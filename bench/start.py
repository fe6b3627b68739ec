"""`up --detach` with everything installed, against the least that it could take."""

from __future__ import annotations

import json
import os
import sys
import time

import psutil

from bench.clone import Clone, clone
from bench.report import Section, spread

__all__ = ["family_memory", "measure"]

RUNS = 5


def measure() -> list[Section]:
    """Two sections: the time of a start, and the memory at rest."""
    with clone() as made:
        made.up()
        _settle(made)
        whole: list[float] = []
        bounds: list[tuple[float, float]] = []
        for _ in range(RUNS):
            made.devkit("down")
            seconds, cpu = _timed_start(made)
            whole.append(seconds)
            chain = _chain(made)
            bounds.append((chain, cpu / (os.cpu_count() or 1)))
        memory = _memory(made)
        made.devkit("down")
    ratios = [took / max(bound) for took, bound in zip(whole, bounds, strict=True)]
    start = Section(
        "Start: `up --detach` until all are ready",
        ("measure", "result"),
        (
            ("whole platform, page included", spread(whole)),
            (
                "slowest chain, each part alone: Postgres → migrations → slowest service",
                spread([c for c, _ in bounds]),
            ),
            ("CPU seconds of all parts ÷ cores", spread([c for _, c in bounds])),
            ("**ratio to the larger of the two** (goal: at most 1.3)", spread(ratios, "")),
        ),
        (
            "The parts' CPU seconds fell because the services are forked from one process that has imported their "
            "shared libraries already: a service costs its own modules and its start, not 100 MB of imports. "
            "debugpy is not loaded until a debugger connects, and one watcher serves all services.",
        ),
    )
    return [start, memory]


def _timed_start(made: Clone) -> tuple[float, float]:
    """Seconds until ready, and CPU seconds of everything that was started for it."""
    before = os.times()
    started = time.monotonic()
    made.up()
    seconds = time.monotonic() - started
    after = os.times()
    client = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return seconds, client + sum(sum(process.cpu_times()[:2]) for process in _family(made))


def _chain(made: Clone) -> float:
    """Postgres, then the migrations, then the slowest service: each started alone, from its spawn until ready."""
    units = json.loads(made.devkit("status", "--json"))["units"]
    ready = {unit["name"]: unit["ready_seconds"] or 0.0 for unit in units}
    services = [unit["name"] for unit in units if unit["kind"] == "python"]
    started = time.monotonic()
    made.devkit("db", "migrate")
    migrations = time.monotonic() - started
    alone = []
    for name in services:
        made.devkit("restart", name)
        again = json.loads(made.devkit("status", "--json"))["units"]
        alone.append(next(unit["ready_seconds"] for unit in again if unit["name"] == name))
    return float(ready["postgres"] + migrations + max(alone))


def _memory(made: Clone) -> Section:
    _settle(made)
    units = {unit["pid"]: unit["name"] for unit in json.loads(made.devkit("status", "--json"))["units"]}
    rows: dict[str, list[float]] = {}
    supervisor = json.loads((made.root / ".devkit" / "run.json").read_text())["pid"]
    for process in _family(made):
        chain = [process.pid, *(parent.pid for parent in process.parents())]
        name = next((units[pid] for pid in chain if pid in units), "")
        name = name or ("supervisor" if process.pid == supervisor else "fork server")
        row = rows.setdefault(name, [0.0, 0.0])
        row[0] += _share(process) / 1e6
        row[1] += process.memory_info().rss / 1e6
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines = [
        (name, f"{pss:.0f}", f"{rss:.0f}")
        for name, (pss, rss) in sorted(rows.items(), key=lambda r: -r[1][0])
    ]
    return Section(
        "Memory at rest",
        ("part", "PSS in MB", "resident in MB, shared pages counted in each"),
        (*lines, ("**all**", f"**{total[0]:.0f}**", f"{total[1]:.0f}")),
        (
            "PSS divides a shared page among those that share it. What was done: services share their libraries by "
            "forking (the difference between the two columns), the garbage collector leaves shared pages alone "
            "(`gc.freeze`), debugpy is loaded on demand, Postgres runs with 16 MB of shared buffers.",
        ),
    )


def family_memory(made: Clone) -> float:
    """Bytes (PSS) of all that runs."""
    return sum(map(_share, _family(made)))


def _share(process: psutil.Process) -> float:
    """PSS; elsewhere than on Linux what nobody shares."""
    full = process.memory_full_info()
    if sys.platform == "linux":
        return float(full.pss)
    return float(full.uss)


def _settle(made: Clone) -> None:
    """Until modules are learned and nothing starts any more: CPU use of the family stays below 5 % for two seconds."""
    deadline = time.monotonic() + 60
    quiet = 0
    while quiet < 4 and time.monotonic() < deadline:
        before = sum(sum(process.cpu_times()[:2]) for process in _family(made))
        time.sleep(0.5)
        used = sum(sum(process.cpu_times()[:2]) for process in _family(made)) - before
        quiet = quiet + 1 if used < 0.025 and (made.root / ".devkit" / "preload.json").exists() else 0


def _family(made: Clone) -> list[psutil.Process]:
    supervisor = psutil.Process(json.loads((made.root / ".devkit" / "run.json").read_text())["pid"])
    return [supervisor, *supervisor.children(recursive=True)]
