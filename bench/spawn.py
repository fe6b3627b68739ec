"""The local engine with services that are fresh interpreters (as on macOS), against forks: start, reload, memory."""

from __future__ import annotations

import time
from dataclasses import replace

from bench.clone import Clone, clone
from bench.report import Section, median, spread
from bench.start import family_memory
from bench.versions import PORT, SERVICE, add_route, answers, save

__all__ = ["measure"]

STARTS, SAVES, APART = 5, 8, 500
# What says so; see devserve/starting.py.
VARIABLE = "DEVKIT_SPAWN"


def measure() -> list[Section]:
    """One section. Both take turns, each on its own copy of the files."""
    with clone() as first, clone() as second:
        both = {
            "0": replace(first, more={VARIABLE: "0"}),
            "1": replace(
                second, more={VARIABLE: "1"}, offset=first.offset + APART
            ),  # each finds its ports free
        }
        started: dict[str, list[float]] = {way: [] for way in both}
        saved: dict[str, list[float]] = {way: [] for way in both}
        memory = dict.fromkeys(both, 0.0)
        for made in both.values():
            add_route(made)
            made.up()
            time.sleep(10)  # until the shared modules are learned
            made.devkit("down")
        for _ in range(STARTS):
            for way, made in both.items():
                started[way].append(_timed(made))
                memory[way] = family_memory(made)
                made.devkit("down")
        for made in both.values():
            made.up(SERVICE)
        time.sleep(8)
        for made in both.values():
            answers(PORT + made.offset, 0)
        for version in range(1, SAVES + 1):
            for way, made in both.items():
                saved[way].append(save(made, PORT + made.offset, version))
    rows = [
        (name, spread(times["1"]), spread(times["0"]), f"{median(times['1']) / median(times['0']):.2f}")
        for name, times in (
            ("`up --detach`, whole platform", started),
            ("save a service's file until the new code answers", saved),
        )
    ]
    pss = [memory[way] / 1e6 for way in ("1", "0")]
    rows.append(("memory of all (PSS)", f"{pss[0]:.0f} MB", f"{pss[1]:.0f} MB", f"{pss[0] / pss[1]:.2f}"))
    return [
        Section(
            "Services as fresh interpreters (spawn), as on macOS, against forks",
            ("measure", "spawn", "fork", "**ratio**"),
            rows,
            (
                "Each interpreter imports all libraries itself. Nothing is shared but what the page cache holds.",
            ),
        )
    ]


def _timed(made: Clone) -> float:
    began = time.monotonic()
    made.up()
    return time.monotonic() - began
