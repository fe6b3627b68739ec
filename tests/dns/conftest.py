"""The servers of the world, once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dns.world import CACHE, SILENT, zones
from tests.support.name_servers import caching_server, name_servers, silent_name_server
from tests.support.storage import free_port


@pytest.fixture(scope="session")
def dns_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port at which all of them answer."""
    port = free_port()
    with (
        name_servers(tmp_path_factory.mktemp("dns"), port, zones()),
        silent_name_server(SILENT, port),
        caching_server(CACHE, port, "www.cache.test", "127.0.0.1", 12),
    ):
        yield port
