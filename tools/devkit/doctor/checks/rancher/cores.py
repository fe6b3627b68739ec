"""Rancher Desktop's machine has cores for every service and for Kubernetes itself."""

from __future__ import annotations

import math

from devkit.checks import Problem, check
from devkit.doctor.facts.hardware import cores as all_cores
from devkit.doctor.facts.platform import cores, cpu_requested
from devkit.doctor.facts.rancher import settings_fix
from devkit.doctor.facts.rancher_size import KUBERNETES_CORES, given_cores, lacks_cores
from devkit.doctor.machine import Machine

_LESS = 'ask for less: "resource_scale": "0.5" in tilt_config.json, or switch services off there ("off")'


@check("rancher.cores", __doc__, after=("rancher.kubernetes", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """How many it has, and how many are asked for."""
    given, asked = given_cores(machine), machine.fact(cpu_requested)
    if not lacks_cores(machine):
        return f"{given}, {cores(asked)} asked for"
    enough = math.ceil(asked + KUBERNETES_CORES)
    what = f"its machine has {given} core{'s' if given != 1 else ''}; the services ask for {cores(asked)}, and Kubernetes for {cores(KUBERNETES_CORES)}: the last pods would stay Pending"
    if enough > (have := all_cores(machine)["all"]):
        raise Problem(f"{what}; this computer has {have}", _LESS)
    raise Problem(what, fix=settings_fix(machine, f"--virtual-machine.number-cpus={enough}"))
