"""The table → what staging's Compose project needs of it: apps.compose.yml, and .env.example.

In a `staging` value, `${NAME}` and `${NAME:-default}` are Compose's own; every other `$` is a sign of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devkit.model import Route, Service, Staging, Table
from devkit.render.environment import Environments, connections, in_staging, secret_names
from devkit.render.templates import fill
from devkit.table.quantity import parse_quantity

__all__ = ["APPS_FILE", "in_examples", "staging_files"]

APPS_FILE = "apps.compose.yml"
_REFERENCE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?P<rest>:?-(?P<default>[^{}]*))?\}")
_MEBIBYTE = 1024**2
# Longer than any rule without a path: Traefik asks the longest rule first.
_PATHS_FIRST = 1000
# A service that ends answers for 5 s more. Traefik asks one copy after the other: it learns of it in time even if the one
# before it hangs.
_HEALTH_SECONDS, _HEALTH_TIMEOUT = 2, 3


@dataclass(frozen=True)
class Asked:
    """A line of .env.example."""

    name: str
    about: str
    value: str = ""


def staging_files(table: Table) -> dict[str, str]:
    """The two files by their path; none where the table says nothing about staging."""
    staging = table.staging
    if staging is None:
        return {}
    services, staged = table.deployed(), in_staging(table)
    return {
        f"{staging.folder}/{APPS_FILE}": fill(
            "deployment/apps.compose.yml.j2",
            staging=staging,
            services=services,
            # What stands before it is the registry's, which staging has from a variable.
            image_prefix=table.image_prefix.rpartition("/")[2],
            environment=lambda service: _environment(staged, service),
            labels=lambda service: list(_labels(staging, service)),
            alive=_alive,
            amounts=_amounts,
            stores=lambda service: [name for name in service.needs if name in staging.stores],
        ),
        f"{staging.folder}/.env.example": fill(
            "deployment/env.example.j2",
            table=table,
            staging=staging,
            services=services,
            plain=list(_plain(staged, services)),
            secrets=list(_secrets(table, staging, services)),
        ),
    }


def in_examples(table: Table, text: str) -> str:
    """A staging value as it is with the values of .env.example."""
    known = table.staging.variables if table.staging else {}

    def example(found: re.Match[str]) -> str:
        variable = known.get(found["name"])
        return found["default"] or (variable.example if variable else "") or found[0]

    return _REFERENCE.sub(example, text)


def _required(name: str) -> str:
    """Compose refuses before it changes anything, rather than give a service an empty text."""
    return f"${{{name}?set it in .env, see .env.example}}"


def _escaped(text: str) -> str:
    return text.replace("$", "$$")


def _compose(text: str) -> str:
    """A staging value as Compose reads it."""
    parts, end = [], 0
    for found in _REFERENCE.finditer(text):
        parts += [
            _escaped(text[end : found.start()]),
            found[0] if found["rest"] else _required(found["name"]),
        ]
        end = found.end()
    return "".join((*parts, _escaped(text[end:])))


def _environment(staged: Environments, service: Service) -> dict[str, str]:
    """Every variable of a service as Compose reads it, sorted by name."""
    table = staged.table
    values = {name: _escaped(text) for name, text in staged.of(service).items()}
    shared = table.config if service.type.environment.configured else {}
    for name, variable in {**shared, **service.env}.items():
        text = staged.staging_value(variable)
        values[name] = _required(name) if text is None else _compose(text)
    for name in secret_names(table, service):
        optional = name in table.secrets and table.secrets[name].optional
        values[name] = f"${{{name}:-}}" if optional else _required(name)
    return dict(sorted(values.items()))


def _alive(service: Service) -> tuple[str, ...]:
    """The command of its health check, as Compose reads it; empty where nothing in the image can ask."""
    ask = service.type.container.alive
    if ask is None or service.probes is None:
        return ()
    url = f"http://127.0.0.1:{service.port}{service.probes.live}"
    return ("CMD", *(_escaped(word) for word in ask(url)))


def _amounts(amounts: Mapping[str, str]) -> dict[str, str]:
    """Kubernetes' quantities as Compose writes them: `250m` → `0.25`, `256Mi` → `256M`, which are the same bytes."""
    found = {}
    if "cpu" in amounts:
        cores = parse_quantity(amounts["cpu"])
        found["cpus"] = f"{cores:.2f}" if cores == round(cores, 2) else f"{cores.normalize():f}"
    if "memory" in amounts:
        size = parse_quantity(amounts["memory"])
        whole = size % _MEBIBYTE == 0
        found["memory"] = f"{size / _MEBIBYTE:.0f}M" if whole else f"{size:.0f}b"
    return found


def _labels(staging: Staging, service: Service) -> Iterator[str]:
    """What Traefik's Docker provider reads: a router and a service for each route."""
    routes = [route for route in staging.routes.values() if route.service == service.name]
    if routes:
        yield "traefik.enable=true"
    for route in routes:
        yield from _router(route)
        yield from _balancer(route, service)


def _router(route: Route) -> Iterator[str]:
    router = f"traefik.http.routers.{route.name}"
    hosts = " || ".join(f"Host(`{_required(name)}`)" for name in route.hosts)
    if route.path:
        hosts = f"({hosts}) && PathPrefix(`{_escaped(route.path)}`)"
        yield f"{router}.priority={_PATHS_FIRST}"
    yield f"{router}.rule={hosts}"
    yield f"{router}.entrypoints=websecure"
    yield f"{router}.service={route.name}"


def _balancer(route: Route, service: Service) -> Iterator[str]:
    balancer = f"traefik.http.services.{route.name}.loadbalancer"
    yield f"{balancer}.server.port={service.port}"
    if service.probes is not None:
        yield f"{balancer}.healthcheck.path={_escaped(service.probes.ready)}"
        yield f"{balancer}.healthcheck.interval={_HEALTH_SECONDS}s"
        yield f"{balancer}.healthcheck.timeout={_HEALTH_TIMEOUT}s"
    if route.sticky and service.sticky_cookie:
        yield f"{balancer}.sticky.cookie=true"
        yield f"{balancer}.sticky.cookie.name={service.sticky_cookie}"
        yield f"{balancer}.sticky.cookie.httponly=true"
        yield f"{balancer}.sticky.cookie.secure=true"
        yield f"{balancer}.sticky.cookie.samesite=lax"


def _plain(staged: Environments, services: tuple[Service, ...]) -> Iterator[Asked]:
    """The plain variables that are filled in from .env, each once."""
    configured = any(service.type.environment.configured for service in services)
    variables = dict(staged.table.config) if configured else {}
    for service in services:
        variables |= service.env
    for name, variable in variables.items():
        text = staged.staging_value(variable)
        found = _REFERENCE.fullmatch(text or "")
        if text is None or (found is not None and found["name"] == name):
            yield Asked(name, variable.about, (found["default"] or "") if found else "")


def _secrets(table: Table, staging: Staging, services: tuple[Service, ...]) -> Iterator[Asked]:
    wanted = {name for service in services for name in secret_names(table, service)}
    for name, (server, connection) in connections(table).items():
        if name in wanted:
            there = server.name in staging.stores
            netloc = f"{server.name}:{server.type.container.port or server.port}"
            yield Asked(name, connection.about, (connection.url(server, netloc, {}) or "") if there else "")
    for secret in table.secrets.values():
        if secret.name in wanted:
            about = f"{secret.about} Optional." if secret.optional else secret.about
            yield Asked(secret.name, about)
