"""Messages between services, over the queue.

A message names the queue it goes to and the order it is about; its key tells it from all others. Handlers must be
idempotent: the same message may arrive twice.
"""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

__all__ = [
    "BaseplateFailed",
    "BaseplateMade",
    "CancelParcel",
    "CancelPrintJob",
    "CreateParcel",
    "CreatePrintJob",
    "MakeBaseplate",
    "Message",
    "ParcelChanged",
    "PrintJobChanged",
    "RedactParcel",
    "ShippingAddress",
]


class Message(BaseModel):
    """Base class; `queue` is the service that handles it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    queue: ClassVar[str]
    order_id: UUID

    @property
    def lock(self) -> str | None:
        """Of the messages with one lock, one at a time is handled, in the order in which they were sent.

        Only order-service's have one: they all change the order's row, and would wait for each other within Postgres. The
        others call providers. A lock would make a cancellation wait for the call that it is to prevent, through all its
        tries; their handlers take any order.
        """
        return None

    @property
    def key(self) -> str:
        """Identifies this message among all of its kind."""
        raise NotImplementedError

    @classmethod
    def job_name(cls) -> str:
        """The name of the job that handles it: `CreatePrintJob` → `create_print_job`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class _ForOrderService(Message):
    queue = "order-service"

    @property
    def lock(self) -> str | None:
        return f"{self.queue}:{self.order_id}"


class _PrintJob(Message):
    print_job_id: UUID
    attempt: int = 1

    @property
    def key(self) -> str:
        return f"{self.job_name()}:{self.print_job_id}:{self.attempt}"


class MakeBaseplate(_PrintJob):
    """order-service → gridflock-service: a baseplate is to be made and stored."""

    queue = "gridflock-service"
    columns: int
    rows: int


class BaseplateMade(_ForOrderService, _PrintJob):
    """gridflock-service → order-service: the file is stored."""

    file_id: UUID


class BaseplateFailed(_ForOrderService, _PrintJob):
    """gridflock-service → order-service: it cannot be made."""

    error: str


class CreatePrintJob(_PrintJob):
    """order-service → print-service.

    Without `file_id` SimplyPrint's own file named after the SKU is printed.
    """

    queue = "print-service"
    title: str
    sku: str
    quantity: int
    file_id: UUID | None = None


class CancelPrintJob(_PrintJob):
    """order-service → print-service: the job is not wanted any more, whether or not it exists yet."""

    queue = "print-service"


class PrintJobChanged(_ForOrderService, _PrintJob):
    """print-service → order-service. Only the highest `version` of a job counts."""

    version: int
    status: str
    simplyprint_id: str | None
    error: str | None

    @property
    def key(self) -> str:
        return f"{self.job_name()}:{self.print_job_id}:v{self.version}"


class ShippingAddress(BaseModel):
    """Where a parcel goes. `country` is ISO 3166-1 alpha-2."""

    model_config = ConfigDict(frozen=True)
    name: str
    address: str
    house_number: str = ""
    city: str
    postal_code: str
    country: str
    telephone: str = ""
    email: str = ""


class _Parcel(Message):
    @property
    def key(self) -> str:
        return f"{self.job_name()}:{self.order_id}"


class CreateParcel(_Parcel):
    """order-service → shipping-service: everything is printed. `attempt` counts what was asked for after a refusal."""

    queue = "shipping-service"
    attempt: int = 1
    order_number: str
    total: str
    currency: str
    items: int
    to: ShippingAddress

    @property
    def key(self) -> str:
        return f"{self.job_name()}:{self.order_id}:{self.attempt}"


class CancelParcel(_Parcel):
    """order-service → shipping-service: no parcel, whether or not there is one yet."""

    queue = "shipping-service"


class RedactParcel(_Parcel):
    """order-service → shipping-service: whose the parcel was is to be forgotten."""

    queue = "shipping-service"


class ParcelChanged(_ForOrderService, _Parcel):
    """shipping-service → order-service. Only the highest `version` of a parcel counts."""

    parcel_id: UUID
    version: int
    status: str
    tracking_number: str
    tracking_url: str
    carrier: str
    error: str | None = None
    sendcloud_id: str | None = None

    @property
    def key(self) -> str:
        return f"{self.job_name()}:{self.order_id}:v{self.version}"
