"""What the simulator's routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from common.redis_client import Redis
from fastapi import Depends, Request

from provider_sim.settings import Settings
from provider_sim.simulation import Simulation

__all__ = ["Context", "SimContext"]


@dataclass(frozen=True)
class SimContext:
    """Settings, Redis and the simulation."""

    settings: Settings
    redis: Redis
    simulation: Simulation


def _context(request: Request) -> SimContext:
    return cast(SimContext, request.app.state.context)


Context = Annotated[SimContext, Depends(_context)]
"""FastAPI dependency: the simulator's context."""
