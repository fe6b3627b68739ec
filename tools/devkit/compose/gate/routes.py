"""Which URLs lead to a project's services, as Traefik's labels say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from devkit.compose.audit.stack import Service
from devkit.compose.model import Node
from devkit.compose.traefik_labels import balancers_of, routers_of

__all__ = ["Route", "routes_of"]

_HOST = re.compile(r"(?<![A-Za-z!])Host\(([^)]*)\)")
_QUOTED = re.compile(r"[`\"']([^`\"']+)[`\"']")
_PATH = re.compile(r"(?<!!)(Path|PathPrefix)\(([^)]*)\)")
# Matchers that a plain GET of a path may not satisfy.
_OTHER = re.compile(r"!|\b(PathRegexp|Headers?|HeaderRegexp|HostRegexp|Method|Query|QueryRegexp|ClientIP)\(")
_READY = "/health/ready"
_PLAIN = {"web", "http"}


@dataclass(frozen=True, order=True)
class Route:
    """A name that leads to a service. `path` is where it says that it is ready; empty where nobody asks for that, or no route
    of this name leads there."""

    host: str
    service: str
    path: str
    secure: bool = True

    @property
    def url(self) -> str:
        """Where it says that it is ready."""
        return f"http{'s' * self.secure}://{self.host}{self.path}"


def routes_of(services: Iterable[Service]) -> list[Route]:
    """Each name once for each of the services that it leads to."""
    found: dict[tuple[str, str], Route] = {}
    for service in services:
        for route in _routes(service):
            key = (route.host, service.name)
            if key not in found or (route.path and not found[key].path):
                found[key] = route
    return sorted(found.values())


def _routes(service: Service) -> Iterator[Route]:
    balancers = _texts(balancers_of(service))
    for name, router in _texts(routers_of(service)).items():
        rule = router.get("rule", "")
        target = router.get("service", "").partition("@")[0] or (
            next(iter(balancers)) if len(balancers) == 1 else name
        )
        ready = balancers.get(target, {}).get("healthcheck.path", _READY if service.is_application else "")
        path = ready if ready and _leads(rule, ready) else ""
        entries = {each.strip() for each in router.get("entrypoints", "").split(",") if each.strip()}
        tls = any(key == "tls" or key.startswith("tls.") for key in router)
        secure = tls or not entries or not entries <= _PLAIN
        for hosts in _HOST.findall(rule):
            for host in _QUOTED.findall(hosts):
                yield Route(host, service.name, path, secure)


def _texts(settings: Mapping[str, Mapping[str, Node]]) -> dict[str, dict[str, str]]:
    return {name: {key: str(node.plain()) for key, node in each.items()} for name, each in settings.items()}


def _leads(rule: str, path: str) -> bool:
    """Whether a plain GET of a path satisfies a rule, as far as that is certain."""
    if _OTHER.search(rule):
        return False
    paths = [(kind, each) for kind, quoted in _PATH.findall(rule) for each in _QUOTED.findall(quoted)]
    return not paths or any(
        path == each or (kind == "PathPrefix" and path.startswith(each)) for kind, each in paths
    )
