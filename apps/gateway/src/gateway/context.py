"""What the gateway's routes work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, cast

import httpx
import socketio
from common.service import ServiceContext
from fastapi import Depends, Request

from gateway.sessions import Sessions
from gateway.settings import Settings

__all__ = ["Context", "GatewayContext"]


@dataclass(frozen=True)
class GatewayContext(ServiceContext):
    """The plain context, the sessions, and a client for each service by its name."""

    settings: Settings = field()
    sessions: Sessions = field()
    services: dict[str, httpx.AsyncClient] = field()
    live: socketio.ASGIApp = field()


def _context(request: Request) -> GatewayContext:
    return cast(GatewayContext, request.app.state.context)


Context = Annotated[GatewayContext, Depends(_context)]
"""FastAPI dependency: the gateway's context."""
