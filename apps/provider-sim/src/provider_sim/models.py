"""What the simulator remembers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = ["JobStatus", "SimJob", "SimParcel"]

JobStatus = Literal["queued", "printing", "done", "failed", "cancelled"]


class SimJob(BaseModel):
    """A queue item at SimplyPrint, and the print it becomes."""

    id: int
    filename: str
    amount: int
    status: JobStatus = "queued"


class SimParcel(BaseModel):
    """A parcel at Sendcloud. `status` is Sendcloud's id of it."""

    id: int
    name: str
    order_number: str
    external_reference: str
    status: int = 1000
    tracking_number: str
    tracking_url: str
    carrier: str = "postnl"
