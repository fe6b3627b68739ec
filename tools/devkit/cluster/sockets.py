"""WebSockets to the API server: the transport of port-forward and exec."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from devkit.cluster.client import Cluster, Query

__all__ = ["UpgradeRefused", "stream"]

_PROTOCOLS = (Subprotocol("v4.channel.k8s.io"),)
_FRAMES = 16  # unread messages before the other side is made to wait


class UpgradeRefused(Exception):
    """The API server did not open the stream; the text is fit to be shown."""


@asynccontextmanager
async def stream(cluster: Cluster, path: str, query: Query) -> AsyncIterator[ClientConnection]:
    """An open stream. Raises `UpgradeRefused`; the frames' first byte is the channel."""
    url = f"{cluster.server.replace('http', 'ws', 1)}{path}?{urlencode(list(query))}"
    tls = cluster.tls()
    checked_as: dict[str, Any] = {}
    if tls and cluster.context.tls_server_name:
        checked_as["server_hostname"] = cluster.context.tls_server_name
    try:
        connection = await connect(
            url,
            ssl=tls,
            additional_headers=cluster.headers(),
            subprotocols=_PROTOCOLS,
            compression=None,
            proxy=cluster.context.proxy_url,
            max_size=None,
            max_queue=_FRAMES,
            open_timeout=10,
            close_timeout=1,
            ping_interval=None,  # a busy pod's traffic delays pongs
            **checked_as,
        )
    except InvalidStatus as problem:
        said = problem.response.body.decode("utf-8", "replace").strip() if problem.response.body else ""
        raise UpgradeRefused(said or f"HTTP {problem.response.status_code}") from None
    except (OSError, TimeoutError, WebSocketException) as problem:
        raise UpgradeRefused(str(problem) or type(problem).__name__) from None
    try:
        yield connection
    finally:
        await connection.close()
