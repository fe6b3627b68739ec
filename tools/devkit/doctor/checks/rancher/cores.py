"""Rancher Desktop's machine has cores for every service and for Kubernetes itself."""

from __future__ import annotations

import math
from decimal import Decimal

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.hardware import cores as all_cores
from devkit.doctor.facts.platform import cores, cpu_requested
from devkit.doctor.facts.rancher import setting, settings_fix, sized_by_wsl
from devkit.doctor.machine import Machine

# What the pods of K3s itself request: CoreDNS, the metrics server.
_KUBERNETES = Decimal("0.2")
_LESS = 'ask for less: "resource_scale": "0.5" in tilt_config.json, or switch services off there ("off")'


@check("rancher.cores", __doc__, after=("rancher.kubernetes", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """How many it has, and how many are asked for."""
    if sized_by_wsl(machine):
        raise Skipped("on Windows WSL decides how many cores there are")
    given = setting(machine, "virtualMachine", "numberCPUs")
    if not isinstance(given, int) or isinstance(given, bool):
        raise Skipped("its settings do not say how many cores its machine has")
    asked = machine.fact(cpu_requested)
    wanted = asked + _KUBERNETES
    if given >= wanted:
        return f"{given}, {cores(asked)} asked for"
    enough = math.ceil(wanted)
    what = f"its machine has {given} core{'s' if given != 1 else ''}; the services ask for {cores(asked)}, and Kubernetes for {cores(_KUBERNETES)}: the last pods would stay Pending"
    if enough > (have := all_cores(machine)["all"]):
        raise Problem(f"{what}; this computer has {have}", _LESS)
    raise Problem(what, fix=settings_fix(machine, f"--virtual-machine.number-cpus={enough}"))
