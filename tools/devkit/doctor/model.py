"""Names under which the checks in `dev/checks/` import the kernel's; `devkit.checks` is where they are defined."""

from __future__ import annotations

from devkit.checks import Fix, Problem, Problems, Skipped, note, warning

__all__ = ["Fix", "NotNeeded", "Problem", "Problems", "Skipped", "note", "warning"]

NotNeeded = Skipped
