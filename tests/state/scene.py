"""What tests of `devkit audit state` share: a small platform in a folder of its own, and the audit's findings as data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from devkit.findings.formats import REPORT_SCHEMA
from jsonschema import validate

from tests.support.platform import ROOT

__all__ = ["SHELF", "add_flow", "append", "audit", "shelf"]

SHELF = Path(__file__).parent / "shelf"
_MAIN = "services/shop/code/shop/main.py"


def shelf(folder: Path) -> Path:
    """A platform of one service, which keeps nothing; `folder` is made."""
    shutil.copytree(SHELF, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "services/shop/code/shop/leaks.py").unlink()
    (folder / "tilt_config.json").write_text("{}\n")
    return folder


def append(root: Path, code: str, file: str = _MAIN) -> None:
    """More code at the end of the service's main module."""
    with (root / file).open("a") as source:
        source.write(code)


def add_flow(root: Path, name: str, body: str) -> None:
    """A flow whose `page` is a client of the shop."""
    (root / f"dev/verify/{name}.py").write_text(
        f'"""{name}."""\nimport httpx\n\n\ndef check(platform):\n'
        '    with httpx.Client(base_url=platform.url("shop"), timeout=60, trust_env=False) as page:\n'
        + "".join(f"        {line}\n" for line in body.splitlines())
    )


def audit(root: Path, *arguments: str, code: int, **environment: str) -> dict[str, Any]:
    """The report of `audit state --json`, after its exit code and shape were looked at. It runs for as long as it takes."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(ROOT / "tools"), "audit", "state", "--json", *arguments],
        cwd=root, env=kept | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    report: dict[str, Any] = json.loads(done.stdout)
    validate(report, json.loads(REPORT_SCHEMA.read_text()))
    return report
