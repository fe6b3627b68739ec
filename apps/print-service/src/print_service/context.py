"""What print-service's handlers work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from common.application import context_of
from common.messages import PrintJobChanged
from common.service import ServiceContext
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from print_service.models import PrintJob
from print_service.simplyprint import SimplyPrint

__all__ = ["Context", "PrintContext"]


@dataclass(frozen=True)
class PrintContext(ServiceContext):
    """The plain context and SimplyPrint."""

    simplyprint: SimplyPrint

    def change(self, session: AsyncSession, job: PrintJob, status: str, error: str | None = None) -> None:
        """Sets the job's state and tells order-service."""
        job.status = status
        job.error = error
        job.version += 1
        self.note(
            session,
            job.order_id,
            f"{status} at SimplyPrint",
            thread=job.id,
            detail=error or job.simplyprint_id,
            waits_for=PrintJobChanged.queue,
        )
        self.publish(
            session,
            PrintJobChanged(
                print_job_id=job.id,
                order_id=job.order_id,
                attempt=job.attempt,
                version=job.version,
                status=status,
                simplyprint_id=job.simplyprint_id,
                error=error,
            ),
        )


Context = Annotated[PrintContext, Depends(context_of(PrintContext))]
"""FastAPI dependency: the service's context."""
