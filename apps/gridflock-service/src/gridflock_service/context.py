"""What gridflock-service's handlers work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from common.application import context_of
from common.service import ServiceContext
from fastapi import Depends

from gridflock_service.slicing import Slicer

__all__ = ["Context", "GridflockContext"]


@dataclass(frozen=True)
class GridflockContext(ServiceContext):
    """The plain context, the largest plate that is made, in cells, and the slicer."""

    max_cells: int
    slicer: Slicer


Context = Annotated[GridflockContext, Depends(context_of(GridflockContext))]
"""FastAPI dependency: the service's context."""
