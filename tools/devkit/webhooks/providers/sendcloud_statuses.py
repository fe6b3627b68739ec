"""The statuses of a parcel at Sendcloud: the name that devkit gives it, its id, and Sendcloud's words for it.

https://api.sendcloud.dev/docs/sendcloud-public-api/parcel-statuses
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STATUSES", "Status"]


@dataclass(frozen=True)
class Status:
    """One status. A parcel that is not `labelled` has no tracking number; at one that is not `carried` no carrier has said
    anything yet."""

    id: int
    message: str
    labelled: bool = True
    carried: bool = True


STATUSES = {
    "no-label": Status(999, "No label", labelled=False, carried=False),
    "ready-to-send": Status(1000, "Ready to send", labelled=False, carried=False),
    "being-announced": Status(1001, "Being announced", labelled=False, carried=False),
    "announcement-failed": Status(1002, "Announcement failed", labelled=False, carried=False),
    "announced": Status(1, "Announced", carried=False),
    "announced-not-collected": Status(13, "Announced: not collected"),
    "error-collecting": Status(15, "Error collecting"),
    "picked-up-by-driver": Status(22, "Shipment picked up by driver"),
    "en-route-to-sorting-center": Status(3, "En route to sorting center"),
    "at-sorting-centre": Status(62990, "At sorting centre"),
    "being-sorted": Status(7, "Being sorted"),
    "sorted": Status(5, "Sorted"),
    "not-sorted": Status(6, "Not sorted"),
    "at-customs": Status(62989, "At Customs"),
    "parcel-en-route": Status(91, "Parcel en route"),
    "driver-en-route": Status(92, "Driver en route"),
    "delivery-delayed": Status(4, "Delivery delayed"),
    "delivery-method-changed": Status(62993, "Delivery method changed"),
    "delivery-date-changed": Status(62994, "Delivery date changed"),
    "delivery-address-changed": Status(62995, "Delivery address changed"),
    "address-invalid": Status(62997, "Address invalid"),
    "delivery-attempt-failed": Status(8, "Delivery attempt failed"),
    "awaiting-customer-pickup": Status(12, "Awaiting customer pickup"),
    "collected-by-customer": Status(93, "Shipment collected by customer"),
    "delivered": Status(11, "Delivered"),
    "unable-to-deliver": Status(80, "Unable to deliver"),
    "refused-by-recipient": Status(62991, "Refused by recipient"),
    "returned-to-sender": Status(62992, "Returned to sender"),
    "exception": Status(62996, "Exception"),
    "unknown": Status(1337, "Unknown status - check carrier track & trace page for more insights"),
    "submitting-cancellation-request": Status(2001, "Submitting cancellation request"),
    "cancellation-requested": Status(1999, "Cancellation requested"),
    "cancellation-failed": Status(94, "Parcel cancellation failed."),
    "cancelled-upstream": Status(1998, "Cancelled upstream"),
    "cancelled": Status(2000, "Cancelled"),
}
