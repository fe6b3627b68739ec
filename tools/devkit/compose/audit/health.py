"""Health checks: there, over HTTP, able to fail, and the same everywhere (phase 3)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from devkit.compose.audit.edits import replacement
from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Service, Stack, seconds
from devkit.findings.model import Severity

__all__ = ["RULES"]

_URL = re.compile(r"https?://[^\s'\"]+")
_NUMBERS = ("interval", "timeout", "retries", "start_period")
# From scratch: one program, no shell, nothing that asks.
_BARE = {"opentelemetry-collector", "opentelemetry-collector-contrib", "opentelemetry-collector-k8s"}


def _words(service: Service) -> list[str]:
    return service.words("healthcheck", "test")


def _disabled(service: Service) -> bool:
    return service.plain("healthcheck", "disable") is True or _words(service)[:1] == ["NONE"]


@rule("health", "every service has a health check", severity=Severity.WARNING)
def health(stack: Stack) -> Iterator[Violation]:
    for service in stack.lasting():
        bare = service.base_name in _BARE
        if not bare and service.get("healthcheck") is None:
            message = (
                f"{service.name} has no health check here: whether its image brings one is not to be seen"
            )
            yield Violation(
                service.place(), message, "add `healthcheck:` with a `test` that asks its HTTP port"
            )
        elif not bare and _disabled(service):
            message = f"{service.name} has its health check switched off"
            yield Violation(service.place("healthcheck"), message, "give it a `test`")


@rule("health-possible", "a health check has something to run in its image")
def health_possible(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.base_name in _BARE and _words(service) and not _disabled(service):
            message = f"{service.name}'s image holds one program, no shell and no `{_words(service)[-1].split()[0]}`: this never passes"
            yield Violation(
                service.place("healthcheck"), message, "delete it, and ask port 13133 from outside"
            )


@rule("health-http", "applications are asked over HTTP, as probes of Kubernetes would")
def health_http(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        words = _words(service)
        if words and not _disabled(service) and not _URL.search(" ".join(words)):
            message = f"{service.name} is not asked over HTTP"
            yield Violation(
                service.place("healthcheck", "test"), message, "ask `http://127.0.0.1:PORT/health/live`"
            )


@rule(
    "health-live",
    "Docker asks whether an application lives, not whether what it uses does",
    severity=Severity.WARNING,
)
def health_live(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        for url in _URL.findall(" ".join(_words(service))):
            if re.search(r"/(ready|readyz|readiness)\b", url):
                message = f"{service.name} is unhealthy to Docker whenever its database is away"
                test = service.get("healthcheck", "test")
                fix = "ask `/health/live` here, and let the proxy ask for readiness"
                yield Violation(test.place if test else service.place(), message, fix)


@rule(
    "health-loopback",
    "a health check asks 127.0.0.1, which needs no name and is no IPv6",
    severity=Severity.WARNING,
)
def health_loopback(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for node in service.items("healthcheck", "test"):
            text = node.origin.text or ""
            if "://localhost" in text:
                message = f"{service.name} is asked at `localhost`, which may be ::1 where it does not listen"
                edits = replacement(node.place, text, text.replace("://localhost", "://127.0.0.1"))
                yield Violation(node.place, message, "write 127.0.0.1", tuple(edits))


@rule("health-can-fail", "a health check can fail")
def health_can_fail(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        said = " ".join(_words(service))
        if re.search(r"\|\|\s*(true|:|exit 0)\b", said) or re.search(r";\s*(true|exit 0)\s*$", said):
            message = f"the check of {service.name} passes whatever it finds"
            yield Violation(
                service.place("healthcheck", "test"), message, "end it with `|| exit 1`, or with nothing"
            )


@rule(
    "health-same",
    "the numbers of health checks are the same for all applications",
    severity=Severity.WARNING,
)
def health_same(stack: Stack) -> Iterator[Violation]:
    checked = [service for service in stack.applications() if _words(service)]
    for key in _NUMBERS:
        usual, _ = (
            Counter(service.text("healthcheck", key) for service in checked).most_common(1)[0]
            if checked
            else ("", 0)
        )
        for service in checked:
            found = service.get("healthcheck", key)
            if found is not None and usual and service.text("healthcheck", key) != usual:
                message = (
                    f"{service.name} has `{key}: {service.text('healthcheck', key)}`, most others {usual}"
                )
                edits = replacement(found.place, found.origin.text, usual)
                yield Violation(found.place, message, f"write `{key}: {usual}`, or say why not", tuple(edits))


@rule(
    "health-numbers",
    "interval, timeout, retries and start period are written down",
    severity=Severity.WARNING,
)
def health_numbers(stack: Stack) -> Iterator[Violation]:
    values = {"interval": "30s", "timeout": "5s", "retries": "3", "start_period": "30s"}
    for service in stack.services:
        missing = [key for key in _NUMBERS if service.get("healthcheck", key) is None]
        if _words(service) and not _disabled(service) and missing:
            lines = [f"{key}: {values[key]}" for key in missing]
            message = f"the check of {service.name} does not say its {', '.join(missing)}"
            edits = service.before(lines, "healthcheck", "test")
            yield Violation(service.place("healthcheck"), message, f"add {', '.join(lines)}", tuple(edits))


@rule("health-timeout", "a health check ends before the next one begins")
def health_timeout(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        timeout, interval = (seconds(service.get("healthcheck", key)) for key in ("timeout", "interval"))
        if timeout and interval and timeout >= interval:
            message = f"{service.name} is asked every {interval:g} s and given {timeout:g} s to answer"
            yield Violation(
                service.place("healthcheck", "timeout"), message, "make the timeout the shorter one"
            )


RULES = (
    health, health_possible, health_http, health_live, health_loopback, health_can_fail, health_same, health_numbers, health_timeout,
)  # fmt: skip
