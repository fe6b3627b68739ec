"""Whether file watching is told to look at every file again and again instead."""

from __future__ import annotations

from devkit.doctor.machine import Machine

__all__ = ["FORCE", "polling"]

FORCE = "WATCHFILES_FORCE_POLLING"
_OFF = ("", "0", "false", "disable", "disabled")


def polling(machine: Machine) -> bool:
    """As watchfiles reads its variable."""
    return machine.environ.get(FORCE, "").lower() not in _OFF
