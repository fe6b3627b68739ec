"""How services stop, and that they come back (phase 4)."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Role, Service, Stack, seconds
from devkit.findings.model import Severity

__all__ = ["RULES"]

# A service that drains for 5 s and ends within 25 needs a little more; a database may have to flush what it holds.
_APPLICATION, _DATABASE = 30, 60
_DRAIN = "DRAIN_SECONDS"


def _grace(service: Service) -> float | None:
    return seconds(service.get("stop_grace_period"))


@rule("stop-grace", "every service says how long it may take to stop")
def stop_grace(stack: Stack) -> Iterator[Violation]:
    for service in stack.lasting():
        if service.get("stop_grace_period") is None:
            wanted = _DATABASE if service.role is Role.DATABASE else _APPLICATION
            line = f"stop_grace_period: {wanted}s"
            message = f"{service.name} is killed after 10 s, Docker's default"
            edits = service.before([line], "image")
            yield Violation(service.place(), message, f"add `{line}`", tuple(edits))


@rule("stop-grace-application", "applications have the time that Kubernetes would give them")
def stop_grace_application(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        found = _grace(service)
        if found is not None and found < _APPLICATION:
            message = f"{service.name} is killed after {found:g} s; terminationGracePeriodSeconds would be {_APPLICATION}"
            yield Violation(
                service.place("stop_grace_period"), message, f"write `stop_grace_period: {_APPLICATION}s`"
            )


@rule(
    "stop-grace-database",
    "databases have the time to flush their buffers",
    severity=Severity.WARNING,
)
def stop_grace_database(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        found = _grace(service)
        if service.role is Role.DATABASE and found is not None and found < _DATABASE:
            message = f"{service.name} is killed after {found:g} s, with what it has not written to disk yet"
            yield Violation(
                service.place("stop_grace_period"), message, f"write `stop_grace_period: {_DATABASE}s`"
            )


@rule("stop-drain", "a service has time left after its drain")
def stop_drain(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        drain, found = service.text("environment", _DRAIN), _grace(service) or 10.0
        if drain.replace(".", "", 1).isdigit() and float(drain) + 10 > found:
            message = f"{service.name} drains for {drain} s and is killed after {found:g}: what is under way then is cut off"
            fix = f"make `stop_grace_period` at least {float(drain) + 10:g}s"
            yield Violation(service.place("environment", _DRAIN), message, fix)


@rule("stop-signal", "services are told to stop by a signal that they can hear")
def stop_signal(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.text("stop_signal").removeprefix("SIG") in ("KILL", "STOP", "9", "19"):
            message = (
                f"{service.name} is stopped by {service.text('stop_signal')}, which no process can handle"
            )
            yield Violation(service.place("stop_signal"), message, "delete it, or name SIGTERM")


@rule("stop-shell", "no shell stands between Docker's signals and a service", severity=Severity.WARNING)
def stop_shell(stack: Stack) -> Iterator[Violation]:
    for service in stack.lasting():
        for key in ("entrypoint", "command"):
            words = service.words(key)
            shell = (
                len(words) > 2
                and words[0].rpartition("/")[2] in ("sh", "bash", "ash")
                and words[1] in ("-c", "-ec", "-lc")
            )
            if shell and "exec " not in words[2] and service.plain("init") is not True:
                message = f"{service.name} runs in a shell that passes no signal on: it is killed at the end of its grace period"
                yield Violation(service.place(key), message, "begin its last command with `exec`")


@rule(
    "restart",
    "services that are to keep running come back after a crash and a reboot",
    severity=Severity.WARNING,
)
def restart(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.get("restart") is None and service.get("deploy", "restart_policy") is None:
            edits = service.before(["restart: unless-stopped"], "image")
            message = f"{service.name} stays down after a crash"
            fix = 'add `restart: unless-stopped`; `restart: "no"` for a job'
            yield Violation(service.place(), message, fix, tuple(edits))


RULES = (
    stop_grace,
    stop_grace_application,
    stop_grace_database,
    stop_drain,
    stop_signal,
    stop_shell,
    restart,
)
