"""Live sync: a changed file is loaded by the running service, and so is the file as it was."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from devkit.engines.local.adapter import LocalEngine
from devkit.table.model import Service
from devkit.verify.edit import edited
from devkit.verify.http import alive, get, wait_ready
from devkit.verify.model import Failed, Skipped
from devkit.verify.page import read_page
from devkit.verify.site import Site

__all__ = ["check_page_sync", "check_sync", "life"]

_SECONDS = 40.0
_EVERY = 0.02
_NEWS = ("update", "full-reload")
_END = {True: "put back", False: "saved by somebody meanwhile, and left so"}
_SETTLE = 0.3  # what is saved twice within 50 ms is one change to Vite's watcher


def check_sync(site: Site, name: str) -> str:
    """A Python service loads its changed main module."""
    service = site.service(name)
    first = life(site, service)
    module = (service.app or f"{service.module}.main:app").partition(":")[0].replace(".", "/")
    began = time.monotonic()
    with edited(site, name, f"{_folder(service)}/src/{module}.py") as edit:
        second = _next_life(site, service, {first}, "a changed file is not loaded")
        took = time.monotonic() - began
    if edit.put_back:
        _next_life(site, service, {first, second}, "the file was put back, which is not loaded")
    wait_ready(site, service, _SECONDS)
    return f"new code answers after {took:.3f} s; {_END[edit.put_back]}"


def life(site: Site, service: Service) -> str:
    """What differs from one process of a service to the next: when it started, else its pid."""
    said = alive(site, service, 5)
    if "started" in said:
        return str(said["started"])
    if site.cluster is None:
        return next(
            str(unit.pid) for unit in LocalEngine(site.root).overview().units if unit.name == service.name
        )
    raise Skipped("its live probe does not say when it `started`, so a reload cannot be seen from outside")


def _next_life(site: Site, service: Service, known: set[str], problem: str) -> str:
    """Waits until another process answers. One that does not answer for a moment is on its way."""
    last = ""

    def look() -> str | None:
        nonlocal last
        try:
            now = life(site, service)
        except Failed as unanswered:
            last = f": {unanswered.message}"
            return None
        last = ""
        return now if now not in known else None

    found = _until(look, _SECONDS)
    if found is None:
        raise Failed(f"{problem} within {_SECONDS:g} s{last}")
    return found


def _until(look: Callable[[], str | None], seconds: float) -> str | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(_EVERY)
    return None


def check_page_sync(site: Site, name: str) -> str:
    """Vite tells its clients of a changed module."""
    service = site.service(name)
    page = read_page(site, service)
    url = f"ws://127.0.0.1:{site.port(name)}/?token={page.token}"
    try:
        with connect(url, subprotocols=[Subprotocol("vite-hmr")], proxy=None, open_timeout=10) as socket:
            _await(socket, ("connected",))
            get(site.url(name) + page.entry)  # Vite tells of modules that it has served
            began = time.monotonic()
            with edited(site, name, f"{_folder(service)}{page.entry}") as edit:
                news = _await(socket, _NEWS)
                took = time.monotonic() - began
                time.sleep(_SETTLE)
            if edit.put_back:
                _await(socket, _NEWS)
    except (OSError, WebSocketException) as problem:
        raise Failed(f"Vite's socket: {problem}") from None
    return f"Vite announces a {news} after {took:.3f} s; {_END[edit.put_back]}"


def _await(socket: ClientConnection, wanted: tuple[str, ...]) -> str:
    until = time.monotonic() + _SECONDS
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            message = json.loads(socket.recv(timeout=left))
            kind = str(message.get("type"))
            if kind in wanted:
                return kind
            if kind == "error":
                raise Failed(f"Vite: {str(message.get('err', {}).get('message', 'error')).splitlines()[0]}")
    raise Failed(f"Vite announces no {' or '.join(wanted)} within {_SECONDS:g} s")


def _folder(service: Service) -> str:
    return service.path or f"apps/{service.name}"
