"""Traefik's labels: that it finds every copy, asks whether it is ready, and keeps doing so through a roll (phases 9 and 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Service, Stack, seconds
from devkit.compose.model import Node
from devkit.compose.traefik_labels import balancers_of, routers_of
from devkit.findings.model import Severity

__all__ = ["RULES"]

_SOCKETS = re.compile(
    r"(^|[^a-z])(events?|ws|websockets?|sockets?|live|realtime|hub)([^a-z]|$)", re.IGNORECASE
)
_SOCKET_PATHS = re.compile(r"/(socket\.io|ws|websocket|signalr|hub|cable)\b", re.IGNORECASE)
# Seconds that a service answers for after it has been told to end: what Traefik must have noticed by then.
_DRAIN = 5.0


def _routed(stack: Stack) -> Iterator[Service]:
    """The services with a route of Traefik's."""
    for service in stack.services:
        if routers_of(service):
            yield service


def _text(settings: dict[str, Node], key: str) -> str:
    return str(settings[key].plain()) if key in settings else ""


def _cookie(settings: dict[str, Node]) -> list[Node]:
    """What is said of the sticky cookie."""
    return [node for key, node in settings.items() if key.startswith("sticky.cookie")]


@rule("traefik-port", "Traefik is told which port to send to, and the service listens on it")
def traefik_port(stack: Stack) -> Iterator[Violation]:
    for service in _routed(stack):
        balancers = balancers_of(service)
        ports = {name: _text(found, "server.port") for name, found in balancers.items()}
        if not any(ports.values()) and len(service.exposed) != 1:
            message = f"{service.name} has a route and no `loadbalancer.server.port`: Traefik takes the lowest port of the image"
            fix = f"add `traefik.http.services.{service.name}.loadbalancer.server.port=PORT`"
            yield Violation(service.place("labels"), message, fix)
        for name, port in ports.items():
            if port and service.exposed and port not in service.exposed:
                message = f"Traefik's service {name} sends to port {port}; {service.name} exposes {', '.join(sorted(service.exposed))}"
                yield Violation(
                    balancers[name]["server.port"].place, message, "name the port that it listens on"
                )


@rule("traefik-service", "a router names a service of Traefik's that there is")
def traefik_service(stack: Stack) -> Iterator[Violation]:
    known = {name.lower() for service in stack.services for name in balancers_of(service)}
    for service in _routed(stack):
        own = balancers_of(service)
        for router, settings in routers_of(service).items():
            named = _text(settings, "service").partition("@")
            if named[0] and named[0].lower() not in known and named[2] in ("", "docker"):
                message = f"the router {router} sends to {named[0]}, which no label defines"
                fix = f"add `traefik.http.services.{named[0]}.loadbalancer.server.port=PORT`"
                yield Violation(settings["service"].place, message, fix)
            elif not named[0] and len(own) > 1:
                message = f"the router {router} names no service, and {service.name} defines {', '.join(sorted(own))}"
                place = next(iter(settings.values())).place
                yield Violation(place, message, f"add `traefik.http.routers.{router}.service=NAME`")


@rule("traefik-same-labels", "every copy of a service has the same labels, old and new ones alike")
def traefik_same_labels(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        image = service.get("image")
        tags = (
            {variable.name for variable in image.origin.variables if "TAG" in variable.name}
            if image is not None
            else set()
        )
        for label, node in service.labels.items():
            changing = [variable.name for variable in node.origin.variables if variable.name in tags]
            if label.lower().startswith("traefik.") and changing:
                message = (
                    f"{label} of {service.name} holds {changing[0]}: while old and new copies run, their labels differ, and Traefik"
                    " then leaves out all of them"
                )
                yield Violation(node.place, message, "take the tag out of the label")


@rule(
    "traefik-health",
    "Traefik asks every copy of an application whether it is ready",
    severity=Severity.WARNING,
)
def traefik_health(stack: Stack) -> Iterator[Violation]:
    for service in _routed(stack):
        for name, settings in balancers_of(service).items() if service.is_application else ():
            if "healthcheck.path" not in settings:
                message = f"Traefik sends to every copy of {service.name} that runs, ready or not"
                fix = f"add `traefik.http.services.{name}.loadbalancer.healthcheck.path=/health/ready` and an interval"
                yield Violation(next(iter(settings.values())).place, message, fix)


@rule(
    "traefik-notices",
    "Traefik notices that a copy leaves before that closes its port",
    severity=Severity.WARNING,
)
def traefik_notices(stack: Stack) -> Iterator[Violation]:
    for service in _routed(stack):
        for settings in balancers_of(service).values():
            if "healthcheck.path" not in settings:
                continue
            found = settings.get("healthcheck.interval")
            interval = seconds(found) if found is not None else 30.0
            if interval is not None and interval >= _DRAIN:
                message = f"Traefik asks {service.name} every {interval:g} s: requests still go to a copy that has left"
                yield Violation(
                    (found or settings["healthcheck.path"]).place,
                    message,
                    "ask every 2 s, and drain for longer than that",
                )


@rule("sticky", "live connections stay with one copy", severity=Severity.WARNING)
def sticky(stack: Stack) -> Iterator[Violation]:
    for service in _routed(stack):
        routers, balancers = routers_of(service), balancers_of(service)
        for name, settings in balancers.items():
            rules = [
                _text(found, "rule")
                for router, found in routers.items()
                if _text(found, "service").partition("@")[0] in (name, "") or router == name
            ]
            live = _SOCKETS.search(name) or any(_SOCKET_PATHS.search(each) for each in rules)
            if live and not _cookie(settings):
                message = f"{name} seems to serve live connections, and its requests go to any copy: Socket.IO's polling breaks at two"
                fix = f"add `traefik.http.services.{name}.loadbalancer.sticky.cookie=true`, its name and `httponly`"
                yield Violation(next(iter(settings.values())).place, message, fix)


@rule(
    "sticky-cookie",
    "a sticky cookie has a name, and no script can read it",
    severity=Severity.WARNING,
)
def sticky_cookie(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for name, settings in balancers_of(service).items():
            cookie = _cookie(settings)
            if not cookie:
                continue
            wanted = {"sticky.cookie.name": "server_id", "sticky.cookie.httponly": "true"}
            for key, value in wanted.items():
                if not _text(settings, key) or (
                    key.endswith("httponly") and _text(settings, key).lower() != "true"
                ):
                    message = f"the cookie of {name} has no `{key.rpartition('.')[2]}`"
                    yield Violation(
                        cookie[0].place,
                        message,
                        f"add `traefik.http.services.{name}.loadbalancer.{key}={value}`",
                    )


RULES = (
    traefik_port, traefik_service, traefik_same_labels, traefik_health, traefik_notices, sticky, sticky_cookie,
)  # fmt: skip
