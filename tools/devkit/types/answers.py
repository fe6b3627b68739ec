"""HTTP services: who answers, since when, and whether it is ready."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from devkit.base.loopback import loopback
from devkit.base.polling import attempts
from devkit.checks import Problem
from devkit.model import Service, VerifySite

__all__ = ["alive", "alive_at", "ask_health", "ask_http", "get", "title", "wait_ready"]

_TIMEOUT = 10.0
# How a file ended that was changed to see what happens.
END = {True: "put back", False: "changed by someone else meanwhile, and left so"}
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def get(url: str, timeout: float = _TIMEOUT) -> httpx.Response:
    """GET. Raises Problem with what goes wrong on the way."""
    try:
        with loopback(timeout) as client:
            return client.get(url)
    except httpx.ConnectError:
        raise Problem(f"nothing listens at {url}") from None
    except httpx.TimeoutException:
        raise Problem(f"{url} does not answer within {timeout:g} s") from None
    except httpx.RemoteProtocolError as problem:
        if "without sending" in str(problem):
            raise Problem(f"{url}: the connection is closed without an answer") from None
        raise Problem(f"{url}: what answers does not speak HTTP") from None
    except httpx.HTTPError:
        raise Problem(f"{url}: the connection breaks off") from None


def ask_health(site: VerifySite, service: Service) -> str:
    """Live and ready, and it is this service that says so."""
    said = alive(site, service)
    wait_ready(site, service, 0.0)
    if "service" not in said:
        return "live and ready (it does not say which service it is)"
    return "live and ready"


def alive(site: VerifySite, service: Service, timeout: float = _TIMEOUT) -> dict[str, Any]:
    """What /health/live says. Raises Problem unless it is a 200 with JSON of that very service."""
    return alive_at(site.url(service.name), service, timeout)


def alive_at(base: str, service: Service, timeout: float = _TIMEOUT) -> dict[str, Any]:
    """As `alive`, of whatever answers at this URL. Raises Problem."""
    path = service.probes.live if service.probes else "/"
    reply = get(base + path, timeout)
    if reply.status_code != 200:
        raise Problem(f"{path} answers {reply.status_code}{_page(reply)}")
    try:
        said = reply.json()
    except json.JSONDecodeError:
        raise Problem(f"{path} does not answer with JSON{_page(reply)}") from None
    if not isinstance(said, dict):
        raise Problem(f"{path} answers with JSON that is not an object: not {service.name}")
    if said.get("service", service.name) != service.name:
        raise Problem(f"{said['service']} answers there, not {service.name}")
    return said


def wait_ready(site: VerifySite, service: Service, seconds: float) -> None:
    """Returns once /health/ready answers 2xx. Raises Problem with what it waits for, after `seconds`."""
    path = service.probes.ready if service.probes else "/"
    for _ in attempts(seconds, 0.05):
        try:
            reply = get(site.url(service.name) + path)
            if reply.is_success:
                return
            problem = Problem(f"{path} answers {reply.status_code}{_down(reply)}")
        except Problem as unanswered:
            problem = unanswered
    raise problem


def ask_http(site: VerifySite, service: Service) -> str:
    """Any good HTTP answer will do: devkit knows nothing of what the image is. Raises Problem for an HTTP error."""
    path = service.probes.ready if service.probes else "/"
    reply = get(site.url(service.name) + path)
    if reply.status_code >= 400:
        raise Problem(f"{path} answers {reply.status_code}{_page(reply)}")
    name = title(reply.text)
    return f"HTTP {reply.status_code}" + (f", {name!r}" if name else "")


def title(html: str) -> str:
    """A page's title, empty when it has none."""
    found = _TITLE.search(html)
    return " ".join(found[1].split())[:60] if found else ""


def _page(reply: httpx.Response) -> str:
    """A few words that tell whose answer it is."""
    words = [f"the page {name!r}"] if (name := title(reply.text)) else []
    words += [f"server {server[:40]!r}"] if (server := reply.headers.get("server")) else []
    return f" ({', '.join(words)})" if words else ""


def _down(reply: httpx.Response) -> str:
    try:
        said = reply.json()
        down = [str(check["name"]) for check in said["checks"] if check["state"] == "down"]
        if down:
            return f": it waits for {', '.join(down)}"
        return f": {said['status']}" if said["status"] in ("starting", "draining") else ""
    except (ValueError, KeyError, TypeError):
        return ""
