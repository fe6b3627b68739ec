"""`devkit bench`: measurements, on a quiet machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import signatures
import typer

import devkit
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.table.load import read_table


def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="Only these: see bench/.")
    ] = None,
) -> int:
    """Measure and write docs/benchmarks.md; with names, measure those and only print."""
    root = project_root()
    known = sorted(
        path.stem for path in (root / "bench").glob("*.py") if "def measure()" in path.read_text("utf-8")
    )
    for name in names or []:
        if name not in known:
            raise DevkitError(
                f"no measurement {name!r}", fix=f"known: {', '.join(known)}", exit_code=ExitCode.USAGE
            )
    services = read_table(table_file(root)).services.values()
    installed = [Path(module.__path__[0]).parent for module in (devkit, signatures)]
    shared = [root / folder for service in services for folder in service.libraries]
    paths = os.pathsep.join(map(str, dict.fromkeys([*installed, *shared])))
    command = [sys.executable, "-m", "bench", *(names or [])]
    return subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": paths}).returncode
