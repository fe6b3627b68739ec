"""What the simulator's routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from common.application import context_of
from fastapi import Depends

from provider_sim.settings import Settings
from provider_sim.simulation import Simulation

__all__ = ["Context", "SimContext"]


@dataclass(frozen=True)
class SimContext:
    """Settings and the simulation."""

    settings: Settings
    simulation: Simulation


Context = Annotated[SimContext, Depends(context_of(SimContext))]
"""FastAPI dependency: the simulator's context."""
