"""Ports that others have, with listeners that are there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from devkit.base.errors import DevkitError
from devkit.engines.ports import holders, refuse_taken_ports

from tests.support.storage import free_port


@pytest.fixture(params=["127.0.0.1", "::1", "::"])
def taken(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    host, port = str(request.param), free_port()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        if ":" in host:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listener.bind((host, port))
        except OSError as problem:
            pytest.skip(f"no IPv6 here: {problem}")
        listener.listen()
        yield host, port


def test_whoever_listens_where_localhost_leads_is_named(taken: tuple[str, int]) -> None:
    host, port = taken
    with pytest.raises(DevkitError) as refused:
        refuse_taken_ports({port: "web"})
    assert f"port {port} (web) is taken by " in refused.value.message
    assert f"(pid {os.getpid()})" in refused.value.message
    assert (f"on [{host}], where localhost leads first" in refused.value.message) == (":" in host)
    assert "--port-offset" in str(refused.value.fix)


def test_what_nobody_has_is_free() -> None:
    assert holders({free_port(): "web"}) == []
