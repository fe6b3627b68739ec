"""Asking the gate: for `compose gate`, and before a roll."""

from __future__ import annotations

import time
from collections.abc import Sequence

from devkit.checks import Problem
from devkit.checks.report import make_report
from devkit.commands.checking import progress_of
from devkit.commands.compose.options import GateOptions
from devkit.commands.compose.pending import pending_of
from devkit.commands.compose.stack import repository, secret_values
from devkit.compose.audit.stack import Stack
from devkit.compose.docker import Docker
from devkit.compose.gate import COMMAND, Gate, chosen, run_gate
from devkit.compose.roll.lock import holder
from devkit.findings.report import Report
from devkit.secrets.redact import Redactor

__all__ = ["judge"]


def judge(
    stack: Stack,
    docker: Docker,
    services: Sequence[str],
    options: GateOptions,
    *,
    tag: str = "",
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
) -> Report:
    """What the gate finds. Raises DevkitError (exit 2) for an unknown check or service."""
    known = repository()
    subject = Gate(
        stack, docker, tuple(services), times=options.times, every=options.every, tag=tag, connect_to=options.address,
        ca_file=options.cacert, free=int(options.free * 10**9), migrations=pending_of(*known) if known else None,
        holder=_who_updates,
    )  # fmt: skip
    checks, wanted = chosen(subject, only, skip)
    began = time.monotonic()
    with progress_of(checks) as tell:
        outcomes = run_gate(subject, checks, on_result=tell, clean=Redactor(secret_values(stack, known)))
    return make_report(COMMAND, outcomes, time.monotonic() - began, wanted=wanted)


def _who_updates(gate: Gate) -> str:
    found = holder(gate.docker, gate.project)
    if found is None:
        return "nobody rolls it"
    raise Problem(
        f"{found.who} rolls {gate.project}, or was interrupted at it",
        "./devkit compose roll --history shows how far it is; --resume goes on with it, --abort takes it back",
    )
