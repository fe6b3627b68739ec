"""How a new build takes the place of the old one (phase 10)."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.compose.audit.copies import alone
from devkit.compose.audit.edits import replacement
from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Stack, seconds
from devkit.findings.model import Severity

__all__ = ["RULES"]

_UPDATE = (
    "update_config:",
    "  parallelism: 1",
    "  delay: 10s",
    "  order: start-first",
    "  failure_action: rollback",
)
_ROLLBACK = ("rollback_config:", "  parallelism: 1", "  order: start-first")


@rule("update-config", "applications say how copies are replaced")
def update_config(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if service.get("deploy", "update_config") is None:
            message = f"{service.name} does not say in which order, and how many at once, copies are replaced"
            fix = "add `deploy.update_config` with parallelism 1, delay 10s, order start-first, failure_action rollback"
            yield Violation(service.place("deploy"), message, fix, tuple(service.into_deploy(_UPDATE)))


@rule("rollback-config", "applications say how the way back goes")
def rollback_config(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if service.get("deploy", "rollback_config") is None:
            message = f"{service.name} does not say how copies are put back"
            fix = "add `deploy.rollback_config` with parallelism 1, order start-first"
            yield Violation(service.place("deploy"), message, fix, tuple(service.into_deploy(_ROLLBACK)))


@rule("start-first", "the new copy is ready before the old one goes")
def start_first(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        for key in ("update_config", "rollback_config"):
            if service.get("deploy", key) is None or alone(service):
                continue
            found = service.get("deploy", key, "order")
            if found is None or found.plain() != "start-first":
                message = f"{key} of {service.name} stops a copy before there is another one"
                place = found.place if found is not None else service.place("deploy", key)
                edits = (
                    replacement(found.place, found.origin.text, "start-first") if found is not None else []
                )
                yield Violation(place, message, "write `order: start-first`", tuple(edits))


@rule("start-first-possible", "what is started first can run beside what it replaces")
def start_first_possible(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        reasons = alone(service)
        if service.text("deploy", "update_config", "order") == "start-first" and reasons:
            message = (
                f"{service.name} has {' and '.join(reasons)}, so a second copy cannot run beside the first"
            )
            fix = f"take away {reasons[0]}, or write `order: stop-first` and announce the pause"
            yield Violation(service.place("deploy", "update_config", "order"), message, fix)


@rule("failure-action", "a failed update goes back", severity=Severity.WARNING)
def failure_action(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        found = service.text("deploy", "update_config", "failure_action")
        if service.get("deploy", "update_config") is not None and found != "rollback":
            message = f"an update of {service.name} that fails {'goes on' if found == 'continue' else 'stops half-way'}"
            yield Violation(
                service.place("deploy", "update_config", "failure_action"),
                message,
                "write `failure_action: rollback`",
            )


@rule("update-delay", "an update shows itself before it goes on", severity=Severity.WARNING)
def update_delay(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        config = service.get("deploy", "update_config")
        if config is None:
            continue
        if not seconds(config.get("delay")):
            message = f"{service.name} has no delay between two copies: one that fails after a moment is not noticed"
            yield Violation(service.place("deploy", "update_config"), message, "add `delay: 10s`")
        if service.text("deploy", "update_config", "parallelism") == "0":
            message = f"all copies of {service.name} are replaced at once"
            yield Violation(
                service.place("deploy", "update_config", "parallelism"), message, "write `parallelism: 1`"
            )


@rule("update-ignored", "nobody relies on what plain Compose does not read", severity=Severity.NOTE)
def update_ignored(stack: Stack) -> Iterator[Violation]:
    found = next(
        (service for service in stack.services if service.get("deploy", "update_config") is not None), None
    )
    if found is not None:
        message = "outside Swarm, `docker compose up` reads neither update_config nor rollback_config: it stops the old copy first"
        yield Violation(found.place("deploy", "update_config"), message, "update with a tool that reads them")


RULES = (
    update_config, rollback_config, start_first, start_first_possible, failure_action, update_delay, update_ignored,
)  # fmt: skip
