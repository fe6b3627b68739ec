"""The service table and this developer's settings, as they stand."""

from __future__ import annotations

from devkit.base.paths import table_file
from devkit.checks import Problem, Problems
from devkit.doctor.machine import Machine
from devkit.model import Table
from devkit.table.load import load_table
from devkit.table.overrides import Overrides, parse_overrides, read_config

__all__ = ["overrides", "table"]


def table(machine: Machine) -> Table:
    """The table. Raises Problems, one for each mistake in it. A check that uses it comes AFTER project.table."""
    found, findings = load_table(table_file(machine.root), look_around=True)
    if found is None:
        raise Problems(Problem.of(each) for each in findings)
    return found


def overrides(machine: Machine) -> Overrides:
    """tilt_config.json over the table. Raises DevkitError. A check that uses it comes AFTER project.overrides."""
    return parse_overrides(machine.fact(table), *read_config(machine.root))
