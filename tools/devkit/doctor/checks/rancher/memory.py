"""Rancher Desktop's machine has memory for every service and for Kubernetes itself."""

from __future__ import annotations

import math
from decimal import Decimal

from devkit.checks import Problem, check
from devkit.doctor.facts.hardware import total_memory
from devkit.doctor.facts.platform import gigabytes, memory_requested
from devkit.doctor.facts.rancher import settings_fix
from devkit.doctor.facts.rancher_size import given_memory, lacks_memory
from devkit.doctor.machine import Machine
from devkit.findings.model import Severity

# Bytes that Docker, Kubernetes and its own pods take, and that this machine keeps for itself.
_KUBERNETES, _HOST = Decimal(1536 * 2**20), Decimal(2 * 2**30)
_LESS = 'ask for less: "resource_scale": "0.5" in tilt_config.json, or switch services off there ("off")'


@check("rancher.memory", __doc__, after=("rancher.kubernetes", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """How much it has, and how much is asked for."""
    given, asked = given_memory(machine), machine.fact(memory_requested)
    wanted = asked + _KUBERNETES
    if given * 2**30 >= wanted:
        return f"{given} GB, {gigabytes(asked)} asked for"
    enough = math.ceil(wanted / 2**30)
    fits = enough * Decimal(2**30) <= total_memory(machine) - _HOST
    # Beyond what Kubernetes has to give away, the last pods stay Pending.
    severity = Severity.ERROR if lacks_memory(machine) else Severity.WARNING
    what = f"its machine has {given} GB; the services ask for {gigabytes(asked)}, and Kubernetes takes about {gigabytes(_KUBERNETES)}"
    if not fits:
        raise Problem(f"{what}: more than this computer can spare", _LESS, severity=severity)
    fix = settings_fix(machine, f"--virtual-machine.memory-in-gb={enough}")
    raise Problem(what, severity=severity, fix=fix)
