"""Quotas and limit ranges of the namespace allow the services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from devkit.checks import Problem, Problems, Skipped, check
from devkit.doctor.facts.cluster import api, api_list, quantity
from devkit.doctor.facts.platform import adjusted, cpu_requested, memory_requested
from devkit.doctor.machine import Machine
from devkit.render.manifest import dev_resources
from devkit.table.quantity import parse_quantity

_FIX = "raise it or delete it: kubectl --namespace {namespace} edit {kind} {name}"


@check("cluster.quota", __doc__, after=("cluster.namespace",), engine="tilt")
def run(machine: Machine) -> str:
    """Raises Problems, one for each that is too small for the services as the table and tilt_config.json have them."""
    platform = machine.fact(adjusted)
    namespace = platform.table.namespace
    if api(machine, f"/api/v1/namespaces/{namespace}") is None:
        raise Skipped("the namespace is not there yet")
    quotas = api_list(machine, f"/api/v1/namespaces/{namespace}/resourcequotas")
    ranges = api_list(machine, f"/api/v1/namespaces/{namespace}/limitranges")
    found = [*_quotas(machine, quotas, namespace), *_ranges(machine, ranges, namespace)]
    if found:
        raise Problems(found)
    return f"{len(quotas)} quotas, {len(ranges)} limit ranges" if quotas or ranges else "there is none"


def _quotas(machine: Machine, quotas: Sequence[dict[str, Any]], namespace: str) -> Iterator[Problem]:
    running = len(machine.fact(adjusted).running)
    cpu, memory = machine.fact(cpu_requested), machine.fact(memory_requested)
    wanted = {
        "cpu": cpu, "requests.cpu": cpu, "memory": memory, "requests.memory": memory,
        "pods": Decimal(running), "services": Decimal(running), "count/deployments.apps": Decimal(running),
    }  # fmt: skip
    for quota in quotas:
        name, hard = str(quota["metadata"]["name"]), (quota.get("spec") or {}).get("hard") or {}
        used = (quota.get("status") or {}).get("used") or {}
        for what, most in hard.items():
            if what in wanted and wanted[what] > quantity(most):
                yield Problem(
                    f"the quota {name} allows {most} of {what} in {namespace} ({used.get(what, '0')} used); the services need "
                    f"{_shown(what, wanted[what])}",
                    _FIX.format(namespace=namespace, kind="resourcequota", name=name),
                    part=f"{name}.{what}",
                )
            elif what == "limits.cpu":
                yield Problem(
                    f"the quota {name} counts {what}: pods without a CPU limit are refused in {namespace}, and ours have none",
                    _FIX.format(namespace=namespace, kind="resourcequota", name=name),
                    part=f"{name}.{what}",
                )


def _ranges(machine: Machine, ranges: Sequence[dict[str, Any]], namespace: str) -> Iterator[Problem]:
    platform = machine.fact(adjusted)
    for one in ranges:
        name = str(one["metadata"]["name"])
        for rule in (one.get("spec") or {}).get("limits") or []:
            if rule.get("type") not in ("Container", "Pod"):
                continue
            for what, most in (rule.get("max") or {}).items():
                over = [
                    service
                    for service in sorted(platform.running)
                    if _largest(dev_resources(platform.table.services[service]), what) > quantity(most)
                ]
                if over:
                    yield Problem(
                        f"the limit range {name} allows a {str(rule['type']).lower()} {most} of {what} in {namespace}; more "
                        f"wants {', '.join(over)}",
                        _FIX.format(namespace=namespace, kind="limitrange", name=name),
                        part=f"{name}.{what}",
                    )


def _largest(resources: Any, what: str) -> Decimal:
    amounts = (resources.requests.get(what), resources.limits.get(what))
    return max((parse_quantity(amount) for amount in amounts if amount), default=Decimal(0))


def _shown(what: str, amount: Decimal) -> str:
    return f"{amount / 2**20:.0f}Mi" if "memory" in what else f"{amount:f}"
