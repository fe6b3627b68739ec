"""The one kernel for checks: what a check declares and may find, how checks are run and reported.

doctor's checks look at a machine, verify's at a running platform, the webhook suite's at a receiver: the kernel knows none of
these. It is generic in the subject, `S`, that a check is called with.
"""

from __future__ import annotations

from devkit.checks.check import Check, Outcome, check
from devkit.checks.problem import Fix, Problem, Problems, Skipped, note, warning

__all__ = ["Check", "Fix", "Outcome", "Problem", "Problems", "Skipped", "check", "note", "warning"]
