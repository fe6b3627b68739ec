"""Whether a stack that runs is fit to be updated now. Everything here only looks.

>>> gate = Gate(stack, docker, ("web",), tag="git-abc1234", holder=who_updates)
>>> checks, wanted = chosen(gate, skip=["gate.tls"])
>>> outcomes = run_gate(gate, checks)
>>> all(outcome.result is not Result.FAILED for outcome in outcomes)
"""

from __future__ import annotations

from devkit.compose.containers import Container, containers_of
from devkit.compose.gate.checks import CHECKS, COMMAND, chosen, run_gate
from devkit.compose.gate.subject import Gate

__all__ = ["CHECKS", "COMMAND", "Container", "Gate", "chosen", "containers_of", "run_gate"]
