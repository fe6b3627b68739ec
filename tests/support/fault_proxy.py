"""Toxiproxy: connections that are slow, hang, break or are refused, on loopback."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.support.polling import looks
from tests.support.storage import free_port

__all__ = ["FaultProxy", "Way", "fault_proxy"]

PROGRAM = "toxiproxy-server"


class Way:
    """A proxied way to a server's port; `port` is where it begins."""

    def __init__(self, api: httpx.Client, name: str, target: int) -> None:
        self._api, self._name, self.port = api, name, free_port()
        self._set("/proxies", name=name, listen=f"127.0.0.1:{self.port}", upstream=f"127.0.0.1:{target}")

    def slow(self, milliseconds: int) -> None:
        """Whatever comes back comes that much later."""
        self._toxic("latency", latency=milliseconds)

    def hang(self) -> None:
        """Connections stay open, new ones are made, and nothing arrives any more, in either direction."""
        for stream in ("upstream", "downstream"):
            self._toxic("timeout", stream, timeout=0)

    def down(self) -> None:
        """Connections are closed, and new ones refused."""
        self._set(f"/proxies/{self._name}", enabled=False)

    def restore(self) -> None:
        """As before. What is open is closed, as a server that comes back does; what was sent meanwhile is lost."""
        self.down()
        self._set("/reset")

    def _toxic(self, kind: str, stream: str = "downstream", **attributes: int) -> None:
        self._set(f"/proxies/{self._name}/toxics", type=kind, stream=stream, attributes=attributes)

    def _set(self, path: str, **what: object) -> None:
        self._api.post(path, json=what).raise_for_status()


class FaultProxy:
    """A running toxiproxy."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def way(self, name: str, target: int) -> Way:
        """A way to `target`, a port on this machine."""
        return Way(self._api, name, target)


@contextmanager
def fault_proxy() -> Iterator[FaultProxy]:
    """Runs until the block ends."""
    program = shutil.which(PROGRAM)
    if program is None:
        pytest.skip(f"no `{PROGRAM}` on PATH")
    port = free_port()
    process = subprocess.Popen(
        [program, "-host", "127.0.0.1", "-port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        # Its API refuses what calls itself a browser, and takes no other name for that.
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as api:
            for _ in looks():
                try:
                    api.get("/version").raise_for_status()
                    break
                except httpx.TransportError:
                    continue
            yield FaultProxy(api)
    finally:
        process.terminate()
        process.wait(10)
