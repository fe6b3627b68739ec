"""Traefik's API: to which copies it sends, as it sees them. Asked inside its container, where alone it listens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from devkit.base.errors import DevkitError
from devkit.base.proc import Answer
from devkit.compose.docker import Docker
from devkit.compose.inside import beside, has_no_program, inside, words_of

__all__ = ["DOWN", "UP", "TraefikApi", "TraefikService"]

UP, DOWN = "UP", "DOWN"

_ADDRESS = "http://127.0.0.1:8080"
# A proxy that the environment names is for the world outside.
_PYTHON = (
    "import sys, urllib.request as r; "
    "sys.stdout.buffer.write(r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=5).read())"
)
_WGET = ("wget", "-q", "-T", "5", "-O", "-")


@dataclass(frozen=True)
class TraefikService:
    """A service of Traefik's, by its whole name (`shop@docker`). `servers`: UP or DOWN by URL (`http://172.18.0.5:3000`), as
    Traefik sees it; without a health check a server is UP for as long as it is known. `health_check`: whether there is one."""

    name: str
    servers: dict[str, str]
    health_check: bool = False

    @property
    def short_name(self) -> str:
        """As labels name it: `shop`."""
        return self.name.partition("@")[0]

    def up(self) -> list[str]:
        """The URLs that requests go to."""
        return [url for url, status in self.servers.items() if status == UP]


@dataclass
class TraefikApi:
    """Asks the API of the Traefik that runs in a container: with the container's own wget, else from a container of
    one of `helper_images` in its network, which ends with the answer (about half a second). They are on the Docker host: those of
    applications, one of which will have Python or wget. Traefik does not notice it: no configuration changes.

    The API has to be on (`api.insecure: true`); `address` is where, seen from inside."""

    docker: Docker
    container_id: str
    helper_images: Sequence[str] = ()
    address: str = _ADDRESS
    _way: int | None = field(default=None, init=False, repr=False)

    def services(self) -> list[TraefikService]:
        """Its HTTP services that balance between servers. Raises DevkitError where the API does not answer."""
        text = self._get("/api/http/services?per_page=10000")
        try:
            return [_service(found) for found in json.loads(text) if "loadBalancer" in found]
        except (ValueError, TypeError, KeyError, AttributeError):
            message = f"Traefik's API answered what is not its list of services: {text[:80]!r}"
            raise DevkitError(message) from None

    def servers(self, name: str) -> dict[str, str]:
        """UP or DOWN by URL, of one service (`shop`, or `shop@docker`); nothing where Traefik has none of that name."""
        for service in self.services():
            if name in (service.name, service.short_name):
                return service.servers
        return {}

    def _get(self, path: str) -> str:
        for number, ask in enumerate(self._ways(f"{self.address}{path}")):
            if self._way not in (None, number):
                continue
            answer = ask()
            if answer.code == 0:
                self._way = number
                return answer.out
            if not has_no_program(answer):
                raise DevkitError(
                    f"Traefik's API does not answer at {self.address} in its container: {words_of(answer)}",
                    fix="in its static configuration: `api.insecure: true`, and an entry point `traefik` at 127.0.0.1:8080",
                )
        other = f", and {', '.join(self.helper_images)} neither Python nor wget" if self.helper_images else ""
        raise DevkitError(f"Traefik's API cannot be asked: its image has no wget{other}")

    def _ways(self, url: str) -> Iterator[Callable[[], Answer]]:
        """What prints that a URL answers, the cheapest first."""
        yield partial(inside, self.docker, self.container_id, *_WGET, url)
        for image in self.helper_images:
            from_image = partial(beside, self.docker, self.container_id, image)
            yield partial(from_image, "python", "-c", _PYTHON, url)
            yield partial(from_image, *_WGET, url)


def _service(found: dict[str, object]) -> TraefikService:
    """One of the list that `/api/http/services` answers."""
    balancer, status = found["loadBalancer"], found.get("serverStatus") or {}
    if not isinstance(balancer, dict) or not isinstance(status, dict):
        raise TypeError
    urls = [str(each.get("url", "")) for each in balancer.get("servers") or []]
    servers = {url: UP for url in urls if url} | {str(url): str(value) for url, value in status.items()}
    return TraefikService(str(found["name"]), servers, bool(balancer.get("healthCheck")))
