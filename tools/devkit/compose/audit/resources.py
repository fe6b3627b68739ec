"""What services may use of the machine: processors, memory, disk for logs, and the host itself (phase 6)."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Service, Stack
from devkit.findings.model import Severity

__all__ = ["RULES"]

_WHAT = ("cpus", "memory")
_LEGACY = {
    "mem_limit": "deploy.resources.limits.memory", "cpus": "deploy.resources.limits.cpus",
    "mem_reservation": "deploy.resources.reservations.memory",
}  # fmt: skip
_LOG_LINES = ("logging:", "  driver: json-file", "  options:", "    max-size: 10m", '    max-file: "3"')


def _amount(service: Service, kind: str, what: str) -> float | None:
    found = service.plain("deploy", "resources", kind, what)
    try:
        return float(str(found)) if found is not None else None
    except ValueError:
        return None


@rule("limits", "every service has a limit of processors and of memory")
def limits(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        missing = [what for what in _WHAT if service.get("deploy", "resources", "limits", what) is None]
        if missing:
            message = f"{service.name} has no limit of {' and '.join(missing)}: it may take all that the others need"
            fix = f"add `deploy.resources.limits.{missing[0]}`; `docker stats` shows what it uses"
            yield Violation(service.place("deploy", "resources", "limits"), message, fix)


@rule(
    "reservations",
    "every service says what it needs, which Kubernetes will ask for",
    severity=Severity.WARNING,
)
def reservations(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        missing = [what for what in _WHAT if service.get("deploy", "resources", "reservations", what) is None]
        if missing:
            message = f"{service.name} has no reservation of {' and '.join(missing)}"
            fix = f"add `deploy.resources.reservations.{missing[0]}`"
            yield Violation(service.place("deploy", "resources"), message, fix)


@rule("reservation-fits", "no service needs more than it may have")
def reservation_fits(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for what in _WHAT:
            needed, most = (_amount(service, kind, what) for kind in ("reservations", "limits"))
            if needed is not None and most is not None and needed > most:
                message = f"{service.name} reserves more {what} than its limit: Kubernetes refuses that"
                yield Violation(
                    service.place("deploy", "resources", "reservations", what),
                    message,
                    "lower the one or raise the other",
                )


@rule(
    "limits-once",
    "limits are where Kubernetes' come from, and nowhere else",
    severity=Severity.WARNING,
)
def limits_once(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for key, instead in _LEGACY.items():
            if service.get(key) is not None:
                yield Violation(
                    service.place(key), f"{service.name} has the old key `{key}`", f"write `{instead}`"
                )


@rule("log-size", "logs cannot fill the disk", severity=Severity.WARNING)
def log_size(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        driver = service.text("logging", "driver") or "json-file"
        if driver == "json-file" and service.get("logging", "options", "max-size") is None:
            edits = [] if service.get("logging") else service.before(_LOG_LINES, "image")
            message = f"the log of {service.name} grows for ever, unless Docker's own settings say otherwise"
            fix = "add `logging.options` with max-size and max-file"
            yield Violation(service.place("logging"), message, fix, tuple(edits))


@rule("privileged", "no container has the host's rights")
def privileged(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.plain("privileged") is True:
            yield Violation(
                service.place("privileged"),
                f"{service.name} has every right on the host",
                "name what it needs in `cap_add`",
            )


@rule("host-network", "no container is in the host's network")
def host_network(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for key in ("network_mode", "pid", "ipc"):
            if service.text(key) == "host":
                message = f"{service.name} shares the host's {key.partition('_')[0]}: a second copy meets the first one's ports"
                yield Violation(service.place(key), message, f"delete `{key}`")


RULES = (limits, reservations, reservation_fits, limits_once, log_size, privileged, host_network)
