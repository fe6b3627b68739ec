"""What doctor adds to the kernel's report: the clone's secrets, which no text may hold, and what the table suppresses."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from devkit.base.paths import table_file
from devkit.checks import Outcome
from devkit.checks.report import make_report
from devkit.doctor.machine import Machine
from devkit.engines.choice import expected_engine
from devkit.engines.registry import engine_entry
from devkit.findings.report import Fixed, Report
from devkit.secrets.known import clone_redactor
from devkit.secrets.redact import Redactor
from devkit.table.load import load_table

__all__ = ["doctor_report", "machine_redactor", "wanted_engine"]


def doctor_report(
    machine: Machine,
    outcomes: Sequence[Outcome],
    seconds: float,
    wanted: Collection[str],
    fixes: Sequence[Fixed] = (),
) -> Report:
    """The report on a machine about the checks that are wanted, for the engine that it is to run."""
    table, _ = load_table(table_file(machine.clone))
    return make_report(
        "doctor",
        outcomes,
        seconds,
        engine=machine.engine,
        wanted=wanted,
        suppressions=table.suppressions if table else (),
        fixes=fixes,
    )


def machine_redactor(machine: Machine) -> Redactor:
    """Takes out this clone's secrets, and those that the shell carries; a recorded machine has none any more."""
    if machine.record.replayed is not None:
        return Redactor(())
    table, _ = load_table(table_file(machine.root))
    return clone_redactor(machine.root, table, machine.environ.whole())


def wanted_engine(root: Path, name: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The engine that the machine is to run: the one that is named, or runs, or is preferred of those installed.

    Raises DevkitError (exit 2) for an unknown name.
    """
    return (engine_entry(name) if name is not None else expected_engine(root, environ)).name
