"""What shipping-service's handlers work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from common.application import context_of
from common.messages import ParcelChanged
from common.service import ServiceContext
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from shipping_service.models import Parcel
from shipping_service.sendcloud import Sendcloud

__all__ = ["Context", "ShippingContext"]


@dataclass(frozen=True)
class ShippingContext(ServiceContext):
    """The plain context and Sendcloud."""

    sendcloud: Sendcloud

    def change(self, session: AsyncSession, parcel: Parcel, status: str, error: str | None = None) -> None:
        """Sets the parcel's state and tells order-service."""
        parcel.status = status
        parcel.error = error
        parcel.version += 1
        self.note(
            session,
            parcel.order_id,
            f"{status} at Sendcloud",
            thread="parcel",
            detail=error or parcel.tracking_number or parcel.sendcloud_id,
            waits_for=ParcelChanged.queue,
        )
        self.publish(
            session,
            ParcelChanged(
                order_id=parcel.order_id,
                parcel_id=parcel.id,
                version=parcel.version,
                status=status,
                tracking_number=parcel.tracking_number,
                tracking_url=parcel.tracking_url,
                carrier=parcel.carrier,
                error=error,
                sendcloud_id=parcel.sendcloud_id,
            ),
        )


Context = Annotated[ShippingContext, Depends(context_of(ShippingContext))]
"""FastAPI dependency: the service's context."""
