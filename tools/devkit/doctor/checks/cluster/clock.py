"""This machine's clock and the cluster's agree."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.cluster import clock
from devkit.doctor.facts.context import product
from devkit.doctor.machine import Machine
from devkit.findings.model import Severity

_TOLERATED, _BREAKS = 30.0, 300.0
_FIXES = {
    "rancher-desktop": "restart Rancher Desktop: rdctl shutdown, then rdctl start",
    "docker-desktop": "restart Docker Desktop",
    "colima": "colima restart",
    "minikube": "minikube stop, then minikube start",
}


@check("cluster.clock", __doc__, after=("cluster.endpoint",), engine="tilt")
def run(machine: Machine) -> str:
    """By how many seconds they differ, as the API server's answers are dated."""
    asked = machine.fact(clock)
    before, said, after = asked["before"], asked["date"], asked["after"]
    if not said:
        raise Skipped("the API server's answers carry no date")
    try:
        there = parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError):
        raise Skipped("the API server's date header is malformed") from None
    # The header has whole seconds: the cluster's time was anywhere from `there` to a second later.
    off = max(0.0, there - after) or -max(0.0, before - (there + 1))
    if abs(off) <= _TOLERATED:
        return "less than a second apart" if abs(off) < 1 else f"{abs(off):.0f} s apart"
    severity = Severity.ERROR if abs(off) > _BREAKS else Severity.WARNING
    fix = _FIXES.get(
        machine.fact(product),
        "synchronize both with a time server; a virtual machine's clock often stops while the computer sleeps",
    )
    raise Problem(
        f"the cluster's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} this machine's: certificates and webhooks' "
        "timestamps are refused",
        fix,
        severity=severity,
    )
