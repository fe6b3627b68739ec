"""`devkit doctor` against the slowest thing that it asks."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.clone import ROOT
from bench.report import Section, median, spread

__all__ = ["measure"]

RUNS = 10


def measure() -> list[Section]:
    """One section: on this machine as it is, and with a docker that never answers."""
    took, ratios, slowest = [], [], []
    for _ in range(RUNS):
        whole, report = _doctor(dict(os.environ))
        longest = max(report["checks"], key=lambda check: float(check["seconds"]))
        took.append(whole)
        ratios.append(float(report["seconds"]) / float(longest["seconds"]))
        slowest.append(str(longest["id"]))
    with tempfile.TemporaryDirectory(prefix="devkit-bench-") as folder:
        hanging = Path(folder) / "docker"
        hanging.write_text("#!/bin/sh\nexec sleep 600\n")
        hanging.chmod(0o755)
        stuck, stuck_report = _doctor(os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"})
    stuck_longest = max(float(check["seconds"]) for check in stuck_report["checks"])
    number = len(stuck_report["checks"])
    return [
        Section(
            "Doctor",
            ("measure", "result"),
            (
                (f"`devkit doctor`, {number} checks, from the command to its end", spread(took)),
                ("the checks together against the slowest of them, **ratio** (goal: at most 1.2)", spread(ratios, "")),
                ("which that is", ", ".join(sorted(set(slowest)))),
                ("the same with a docker that never answers", f"{stuck:.2f} s; {float(stuck_report['seconds']) / stuck_longest:.2f} times the slowest"),
            ),
            (f"The median call takes {median(took):.2f} s, of which about 0.4 s are Python's start and imports.",),
        )
    ]  # fmt: skip


def _doctor(environ: dict[str, str]) -> tuple[float, dict[str, Any]]:
    started = time.perf_counter()
    command = [str(ROOT / "devkit"), "doctor", "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, cwd=ROOT)
    report: dict[str, Any] = json.loads(done.stdout)
    return time.perf_counter() - started, report
