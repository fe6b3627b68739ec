"""A parcel as Sendcloud describes it, in answers and in webhooks: null where it has nothing to say."""

from __future__ import annotations

from datetime import datetime

from provider_sim.countries import COUNTRIES
from provider_sim.models import Parcel

__all__ = ["UNLABELLED", "describe"]

UNLABELLED = frozenset({999, 1000, 1001, 1002, 1998, 1999, 2000, 2001})
"""Statuses that give no parcel a label; one that has a label keeps it when it is cancelled."""

# config: allow url: a part of the answers that are simulated; nobody calls it
_PANEL = "https://panel.sendcloud.sc/api/v2"
# A status that is not among them has no message.
_MESSAGES = {
    1: "Announced",
    3: "En route to sorting center",
    4: "Delivery delayed",
    5: "Sorted",
    7: "Being sorted",
    8: "Delivery attempt failed",
    11: "Delivered",
    12: "Awaiting customer pickup",
    13: "Announced: not collected",
    22: "Shipment picked up by driver",
    80: "Unable to deliver",
    91: "Parcel en route",
    92: "Driver en route",
    93: "Shipment collected by customer",
    999: "No label",
    1000: "Ready to send",
    1001: "Being announced",
    1002: "Announcement failed",
    1998: "Cancelled upstream",
    1999: "Cancellation requested",
    2000: "Cancelled",
    2001: "Submitting cancellation request",
    62990: "At sorting centre",
    62991: "Refused by recipient",
    62992: "Returned to sender",
    62996: "Exception",
}


def describe(parcel: Parcel) -> dict[str, object]:
    """The parcel with all fields that Sendcloud gives one."""
    given = parcel.given
    street, number = _divided(given.get("address", ""), given.get("house_number", ""))
    country = COUNTRIES[given["country"]]
    announced = parcel.announced_at
    return {
        "id": parcel.id,
        "address": f"{street} {number}".strip(),
        "address_2": given.get("address_2", ""),
        "address_divided": {"street": street, "house_number": number},
        # One whose announcement failed has no carrier at all.
        "carrier": None if parcel.status == 1002 else {"code": parcel.carrier},
        "city": given.get("city", ""),
        "collo_count": 1,
        "collo_nr": 0,
        "colli_uuid": parcel.colli_uuid,
        "company_name": given.get("company_name", ""),
        "contract": None,
        "country": {"iso_2": country.iso_2, "iso_3": country.iso_3, "name": country.name},
        "customs_declaration": {},
        "customs_invoice_nr": "",
        "customs_shipment_type": None,
        "data": {},
        "date_announced": _time(announced) if announced else None,
        "date_created": _time(parcel.created_at),
        "date_updated": _time(parcel.updated_at),
        "documents": [_label_document(parcel.id)] if announced else [],
        "email": given.get("email", ""),
        "external_order_id": given.get("external_order_id", ""),
        "external_reference": parcel.external_reference,
        "external_shipment_id": None,
        "house_number": number,
        "insured_value": 0,
        "is_return": False,
        "label": _label(parcel.id) if announced else None,
        "length": None,
        "width": None,
        "height": None,
        "name": given.get("name", ""),
        "note": "",
        "order_number": given.get("order_number", ""),
        "parcel_items": [],
        "postal_code": given.get("postal_code", ""),
        "reference": "0",
        "shipment": {"id": 8, "name": "PostNL Standard 0-23kg"},
        "shipment_uuid": parcel.shipment_uuid,
        "shipping_method": 8,
        "status": {"id": parcel.status, "message": _MESSAGES.get(parcel.status)},
        "telephone": given.get("telephone", ""),
        "to_post_number": "",
        "to_service_point": None,
        "to_state": None,
        "total_insured_value": 0,
        "total_order_value": given.get("total_order_value"),
        "total_order_value_currency": given.get("total_order_value_currency"),
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "type": "parcel",
        "weight": given.get("weight") or "1.000",
    }


def _divided(address: str, number: str) -> tuple[str, str]:
    """Street and house number; a number that was not given is taken from the address's end."""
    if number:
        return address, number
    street, _, last = address.rpartition(" ")
    return (street, last) if street and last[:1].isdigit() else (address, "")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _label(number: int) -> dict[str, object]:
    url = f"{_PANEL}/labels/normal_printer/{number}"
    return {
        "label_printer": f"{_PANEL}/labels/label_printer/{number}",
        "normal_printer": [f"{url}?start_from={position}" for position in range(4)],
    }


def _label_document(number: int) -> dict[str, str]:
    return {"type": "label", "size": "a6", "link": f"{_PANEL}/parcels/{number}/documents/label"}
