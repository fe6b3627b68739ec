"""The service table and this developer's settings, as they stand."""

from __future__ import annotations

import contextlib
from typing import Any

from devkit.base.paths import table_file
from devkit.checks import Problems
from devkit.doctor.facts.findings import problems_in, written
from devkit.doctor.machine import Machine
from devkit.doctor.record import Json
from devkit.findings.model import Severity
from devkit.model import Table
from devkit.table.load import load_table
from devkit.table.overrides import CONFIG_FILE, Overrides, parse_overrides, read_config

__all__ = ["config", "overrides", "table"]


def table(machine: Machine) -> Table:
    """The table. Raises Problems, one for each mistake in it. A check that uses it comes after project.table."""
    found: Table | None = None

    def look() -> Json:
        nonlocal found
        found, findings = load_table(table_file(machine.root), look_around=True)
        return {
            "text": _text(machine, table_file(machine.root).relative_to(machine.root).as_posix()),
            "findings": written(findings),
        }

    said = machine.record.observe("table", look)
    problems = problems_in(said["findings"])
    if found is None:
        found, findings = load_table(table_file(machine.clone))
        if found is None and not problems:  # it was valid for the devkit that recorded it
            problems = problems_in(written(findings))
    if found is None or any(problem.severity is Severity.ERROR for problem in problems):
        raise Problems(problems)
    return found


def config(machine: Machine) -> tuple[dict[str, Any], Any]:
    """tilt_config.json as it stands, and where its keys are. Raises DevkitError."""
    machine.record.observe("tilt_config.json", lambda: _text(machine, CONFIG_FILE))
    return read_config(machine.clone)


def overrides(machine: Machine) -> Overrides:
    """tilt_config.json over the table. Raises DevkitError. A check that uses it comes after project.overrides."""
    return parse_overrides(machine.fact(table), *machine.fact(config))


def _text(machine: Machine, path: str) -> str | None:
    """A file of the clone, for the record; None where it cannot be read as text."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (machine.root / path).read_text("utf-8")
    return None
