"""The kernel's runner over a machine, with this clone's secrets taken out of all that it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devkit.checks import Check, Outcome
from devkit.checks.runner import run_checks
from devkit.doctor.machine import Machine
from devkit.doctor.report import machine_redactor

__all__ = ["look"]


def look(
    machine: Machine, checks: Sequence[Check[Machine]], on_result: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """The outcomes of the checks, in their order. `on_result` is called for each as it ends."""
    return run_checks(machine, checks, command="doctor", on_result=on_result, clean=machine_redactor(machine))
