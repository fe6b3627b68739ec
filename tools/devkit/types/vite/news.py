"""What Vite tells its clients when a module of the page has changed."""

from __future__ import annotations

import contextlib
import json
import time

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from devkit.checks import Problem
from devkit.model import Service, VerifySite
from devkit.model.service_type import Edited
from devkit.types.answers import END, get
from devkit.types.vite.ask import read_page

__all__ = ["announced_change"]

_SECONDS = 40.0
_NEWS = ("update", "full-reload")
_SETTLE = 0.3  # what is saved twice within 50 ms is one change to Vite's watcher


def announced_change(site: VerifySite, service: Service, edited: Edited) -> str:
    """Vite tells its clients of a changed module. Raises Problem when its socket breaks off."""
    page = read_page(site, service)
    url = f"ws://127.0.0.1:{site.port(service.name)}/?token={page.token}"
    try:
        with connect(url, subprotocols=[Subprotocol("vite-hmr")], proxy=None, open_timeout=10) as socket:
            _await(socket, ("connected",))
            get(site.url(service.name) + page.entry)  # Vite tells of modules that it has served
            began = time.monotonic()
            with edited(f"{service.path}{page.entry}") as edit:
                news = _await(socket, _NEWS)
                took = time.monotonic() - began
                time.sleep(_SETTLE)
            if edit.put_back:
                _await(socket, _NEWS)
    except (OSError, WebSocketException) as problem:
        raise Problem(f"Vite's socket: {problem}") from None
    return f"Vite announces a {news} after {took:.3f} s; {END[edit.put_back]}"


def _await(socket: ClientConnection, wanted: tuple[str, ...]) -> str:
    until = time.monotonic() + _SECONDS
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            message = json.loads(socket.recv(timeout=left))
            kind = str(message.get("type"))
            if kind in wanted:
                return kind
            if kind == "error":
                raise Problem(f"Vite: {str(message.get('err', {}).get('message', 'error')).splitlines()[0]}")
    raise Problem(f"Vite announces no {' or '.join(wanted)} within {_SECONDS:g} s")
