"""Rancher Desktop is installed, where no other cluster is in use."""

from __future__ import annotations

from devkit.doctor.facts.rancher import in_use
from devkit.doctor.machine import Machine

ENGINE = "tilt"


def check(machine: Machine) -> str:
    """Where it was found."""
    return machine.fact(in_use)
