"""What the simulator's routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from common.application import context_of
from common.redis_client import Redis
from fastapi import Depends

from provider_sim.settings import Settings
from provider_sim.simulation import Simulation

__all__ = ["Context", "SimContext"]


@dataclass(frozen=True)
class SimContext:
    """Settings, Redis and the simulation."""

    settings: Settings
    redis: Redis
    simulation: Simulation


Context = Annotated[SimContext, Depends(context_of(SimContext))]
"""FastAPI dependency: the simulator's context."""
