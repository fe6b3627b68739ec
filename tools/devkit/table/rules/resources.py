"""Quantities, and requests that fit their limits: in staging, and in development."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from devkit.findings.model import Finding
from devkit.model import Resources, Service
from devkit.table.quantity import parse_quantity, quantity_fix
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import Path, error

__all__ = ["RULES"]

_MOST_CORES = 64
_LEAST_MEMORY = 1024 * 1024


def _amounts(service: Service) -> Iterator[tuple[Path, str, str]]:
    at = ("services", service.name)
    for key, resources in (("resources", service.resources), ("dev_resources", service.dev_resources)):
        for kind in ("requests", "limits"):
            amounts: Mapping[str, str] = getattr(resources, kind) if resources else {}
            for what, text in amounts.items():
                yield (*at, key, kind, what), what, text
    for key in service.type.keys.quantities:
        if key in service.options:
            yield (*at, key), key, str(service.options[key])


def bad_quantity(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        for path, what, text in _amounts(service):
            place = context.source_map.value(*path)
            try:
                amount = parse_quantity(text)
            except ValueError:
                message = f"`{text}` is not a Kubernetes quantity"
                yield error("bad-quantity", message, place, quantity_fix(text, what))
                continue
            if amount <= 0:
                yield error("bad-quantity", f"`{what}` is {text}; it must be more than 0", place)
            elif what == "cpu" and amount > _MOST_CORES:
                yield error("bad-quantity", f"{text} is {amount:f} cores", place, f"did you mean `{text}m`?")
            elif what != "cpu" and amount < _LEAST_MEMORY:
                message = f"{text} is {amount.normalize():f} bytes"
                yield error("bad-quantity", message, place, f"did you mean `{text.rstrip('m')}Mi`?")


def request_above_limit(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        staging, dev = service.resources, service.dev_resources or Resources()
        yield from _compare(context, service, staging.requests, staging.limits, "staging")
        if service.dev_resources is not None:
            requests = {**staging.requests, **dev.requests}
            # k8s/dev carries no CPU limit, so only memory can clash there.
            limits = {
                k: v for k, v in {**staging.limits, **dev.limits}.items() if k == "memory" or k in dev.limits
            }
            yield from _compare(context, service, requests, limits, "development")


def _compare(
    context: RuleContext, service: Service, requests: Mapping[str, str], limits: Mapping[str, str], where: str
) -> Iterator[Finding]:
    for what in requests.keys() & limits.keys():
        request, limit = _amount(requests[what]), _amount(limits[what])
        if request is None or limit is None or request <= limit:
            continue
        key = "resources" if where == "staging" else "dev_resources"
        at = ("services", service.name, key)
        written = context.source_map.values
        place = written.get((*at, "requests", what)) or context.source_map.value(*at, "limits", what)
        message = f"{what} request {requests[what]} is above the limit {limits[what]} in {where}"
        yield error("request-above-limit", message, place, "lower the request or raise the limit")


def _amount(text: str) -> Decimal | None:
    try:
        return parse_quantity(text)
    except ValueError:
        return None


RULES: tuple[Rule, ...] = (bad_quantity, request_above_limit)
