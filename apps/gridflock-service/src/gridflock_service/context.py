"""What gridflock-service's handlers work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, cast

from common.service import ServiceContext
from fastapi import Depends, Request

from gridflock_service.slicing import Slicer

__all__ = ["Context", "GridflockContext"]


@dataclass(frozen=True)
class GridflockContext(ServiceContext):
    """The plain context, the largest plate that is made, in cells, and the slicer."""

    max_cells: int = field()
    slicer: Slicer = field()


def _context(request: Request) -> GridflockContext:
    return cast(GridflockContext, request.app.state.context)


Context = Annotated[GridflockContext, Depends(_context)]
"""FastAPI dependency: the service's context."""
