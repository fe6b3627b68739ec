"""The body of Sendcloud's `POST /parcels`, read as Sendcloud reads it; what it refuses is refused in its words.

https://sendcloud.dev/api/v2/parcels/create-a-parcel-or-parcels
https://sendcloud.dev/docs/shipping/handling-parcel-errors
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from provider_sim.countries import COUNTRIES, WITHOUT_POSTAL_CODE

__all__ = ["ParcelRequest", "Refused", "read"]

# Characters at most. Sendcloud documents these for addresses; what it accepts of the others it does not say.
_TEXTS = {
    "name": 75,
    "company_name": 50,
    "address": 150,
    "address_2": 150,
    "house_number": 20,
    "city": 30,
    "postal_code": 12,
    "country": 2,
    "telephone": 20,
    "email": 320,
    "order_number": 255,
    "external_order_id": 255,
    "external_reference": 255,
    "total_order_value": 32,
    "total_order_value_currency": 3,
    "weight": 32,
}
_REQUIRED = ("name", "address", "city", "postal_code", "country")
# Where it was seen to want a house number that the address does not have either.
_NUMBERED = frozenset({"AT", "BE", "CH", "DE", "ES", "NL"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DECIMAL = re.compile(r"\d+(\.\d+)?")
_TRUE, _FALSE = (True, 1, "true", "True", "1"), (False, 0, "false", "False", "0", None)


class Refused(Exception):
    """Sendcloud refuses the request with this text."""


@dataclass(frozen=True, slots=True)
class ParcelRequest:
    """What was asked for: the texts that were given, and whether the parcel is to be announced at once."""

    given: Mapping[str, str]
    request_label: bool


def read(body: bytes) -> ParcelRequest:
    """The request in `body`. Raises Refused with all that is wrong with it."""
    parcel = _parcel(body)
    given: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, most in _TEXTS.items():
        try:
            given[name] = _text(parcel, name, most)
        except Refused as problem:
            errors[name] = str(problem)
    errors |= {name: text for name, text in _rules(given, parcel).items() if name not in errors}
    label = parcel.get("request_label")
    if not isinstance(label, str | int | None) or label not in (*_TRUE, *_FALSE):
        errors["request_label"] = "Must be a valid boolean."
    if errors:
        raise Refused(", ".join(f"{name}: '{text}'" for name, text in errors.items()))
    return ParcelRequest({name: text for name, text in given.items() if text}, label in _TRUE)


def _parcel(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"JSON parse error - {problem}") from None
    parcel = content.get("parcel") if isinstance(content, dict) else content
    if parcel is None:
        raise Refused("parcel: 'This field is required.'")
    if not isinstance(parcel, dict):
        raise Refused(f"parcel: 'Invalid data. Expected a dictionary, but got {type(parcel).__name__}.'")
    return parcel


def _text(parcel: Mapping[str, object], name: str, most: int) -> str:
    """The text of a field, trimmed; empty if it is not there and need not be."""
    if name not in parcel:
        if name in _REQUIRED and name != "postal_code":
            raise Refused("This field is required.")
        return ""
    value = parcel[name]
    if value is None:
        if name in (*_REQUIRED, "house_number"):
            raise Refused("This field may not be null.")
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("Not a valid string.")
    text = str(value).strip()
    if not text and name in _REQUIRED and name != "postal_code":
        raise Refused("This field cannot be blank.")
    if "\0" in text:
        raise Refused("Null characters are not allowed.")
    if found := next((character for character in text if "\ud800" <= character <= "\udfff"), None):
        raise Refused(f"Surrogate characters are not allowed: U+{ord(found):X}.")
    if len(text) > most:
        raise Refused(f"Ensure this field has no more than {most} characters.")
    return text


def _rules(given: Mapping[str, str], parcel: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with texts that are texts, by field."""
    found: dict[str, str] = {}
    country = given.get("country", "")
    if country and country not in COUNTRIES:
        found["country"] = f'"{country}" is not a valid choice.'
    if not given.get("postal_code") and country not in WITHOUT_POSTAL_CODE:
        missing = "postal_code" not in parcel
        found["postal_code"] = "This field is required." if missing else "This field cannot be blank."
    address = given.get("address", "")
    numbered = given.get("house_number") or any(character.isdigit() for character in address)
    if country in _NUMBERED and address and not numbered:
        found["house_number"] = "This field cannot be blank."
    if given.get("email") and not _EMAIL.fullmatch(given["email"]):
        found["email"] = "Enter a valid email address."
    for name in ("total_order_value", "weight"):
        if given.get(name) and not _DECIMAL.fullmatch(given[name]):
            found[name] = "A valid number is required."
    currency = given.get("total_order_value_currency")
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        found["total_order_value_currency"] = f'"{currency}" is not a valid choice.'
    return found
