"""What gridflock-service's handlers work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, cast

from common.service import ServiceContext
from fastapi import Depends, Request

__all__ = ["Context", "GridflockContext"]


@dataclass(frozen=True)
class GridflockContext(ServiceContext):
    """The plain context and the largest plate that is made, in cells."""

    max_cells: int = field()


def _context(request: Request) -> GridflockContext:
    return cast(GridflockContext, request.app.state.context)


Context = Annotated[GridflockContext, Depends(_context)]
"""FastAPI dependency: the service's context."""
