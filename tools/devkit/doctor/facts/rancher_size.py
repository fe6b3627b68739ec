"""How big Rancher Desktop's machine is, and whether the services fit. Raises Skipped where that cannot be said, Problem where
its settings cannot be read."""

from __future__ import annotations

from decimal import Decimal

from devkit.checks import Skipped
from devkit.doctor.facts.platform import cpu_requested, memory_requested
from devkit.doctor.facts.rancher import setting, sized_by_wsl
from devkit.doctor.machine import Machine

__all__ = ["KUBERNETES_CORES", "given_cores", "given_memory", "lacks_cores", "lacks_memory"]

# What the pods of K3s itself request: CoreDNS, the metrics server.
KUBERNETES_CORES = Decimal("0.2")


def given_cores(machine: Machine) -> int:
    """The cores of its machine. Raises Skipped where that is not its to say."""
    if sized_by_wsl(machine):
        raise Skipped("on Windows WSL decides how many cores there are")
    given = setting(machine, "virtualMachine", "numberCPUs")
    if not isinstance(given, int) or isinstance(given, bool):
        raise Skipped("its settings do not say how many cores its machine has")
    return given


def given_memory(machine: Machine) -> Decimal:
    """The memory of its machine, in GB as it counts them (2**30 bytes). Raises Skipped where that is not its to say."""
    if sized_by_wsl(machine):
        raise Skipped("on Windows WSL decides how much memory there is")
    given = setting(machine, "virtualMachine", "memoryInGB")
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        raise Skipped("its settings do not say how much memory its machine has")
    return Decimal(str(given))


def lacks_cores(machine: Machine) -> bool:
    """Whether the last pods stay Pending for want of cores."""
    return given_cores(machine) < machine.fact(cpu_requested) + KUBERNETES_CORES


def lacks_memory(machine: Machine) -> bool:
    """Whether the last pods stay Pending for want of memory, even if Kubernetes itself took none."""
    return given_memory(machine) * 2**30 < machine.fact(memory_requested)
