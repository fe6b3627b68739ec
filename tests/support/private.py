"""Commands that run a private instance: their report, and whether anything of them is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
from devkit.findings.formats import REPORT_SCHEMA
from jsonschema import validate

from tests.support.platform import ROOT

__all__ = ["processes_in", "report_of"]


def report_of(*command: str, root: Path, code: int, **environment: str) -> dict[str, Any]:
    """The report of a command with `--json`, after its exit code and shape were looked at. It runs for as long as it takes."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(ROOT / "tools"), *command],
        cwd=root, env=kept | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    report: dict[str, Any] = json.loads(done.stdout)
    validate(report, json.loads(REPORT_SCHEMA.read_text()))
    return report


def processes_in(folder: Path) -> list[int]:
    """Processes whose temporary folder is that one. What is forked says what the process says that it is a fork of."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found
