"""What the gateway's routes work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import httpx
from common.application import context_of
from common.checks import Check
from common.service import ServiceContext
from fastapi import Depends

from gateway.live import Live
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.sign_in_limit import SignInLimit

__all__ = ["Context", "GatewayContext"]


@dataclass(frozen=True)
class GatewayContext(ServiceContext):
    """The plain context, the sessions, a client for each service by its name, one for what is only watched, its checks, and
    since when each was last seen to change."""

    settings: Settings
    sessions: Sessions
    sign_ins: SignInLimit
    services: dict[str, httpx.AsyncClient]
    live: Live
    watching: httpx.AsyncClient
    watched: tuple[Check, ...]
    seen: dict[str, tuple[str, datetime]] = field(default_factory=dict)


Context = Annotated[GatewayContext, Depends(context_of(GatewayContext))]
"""FastAPI dependency: the gateway's context."""
