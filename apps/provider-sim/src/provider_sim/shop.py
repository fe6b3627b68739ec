"""A shop's orders, as Shopify tells of them: each seed is another customer, country, currency and basket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

__all__ = ["SHOP", "order"]

SHOP = "forma3d-dev.myshopify.com"


@dataclass(frozen=True)
class _Country:
    """Where customers live: `rate` is what a euro costs there, `digits` of its currency after the point."""

    code: str
    name: str
    currency: str
    rate: Decimal
    digits: int
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]


_COUNTRIES = (
    _Country("BE", "Belgium", "EUR", Decimal(1), 2, (("Gent", "9000"), ("Leuven", "3000"), ("Liège", "4000")), ("Kerkstraat", "Meir")),
    _Country("NL", "Netherlands", "EUR", Decimal(1), 2, (("Utrecht", "3511 AB"), ("Delft", "2611 CD")), ("Oudegracht", "Markt")),
    _Country("DE", "Germany", "EUR", Decimal(1), 2, (("Köln", "50667"), ("Leipzig", "04109")), ("Hauptstraße", "Gartenweg")),
    _Country("GB", "United Kingdom", "GBP", Decimal("0.86"), 2, (("Leeds", "LS1 1UR"), ("Bristol", "BS1 4DJ")), ("High Street", "Mill Lane")),
    _Country("SE", "Sweden", "SEK", Decimal("11.4"), 2, (("Uppsala", "753 10"), ("Malmö", "211 22")), ("Storgatan", "Kungsgatan")),
    _Country("CH", "Switzerland", "CHF", Decimal("0.95"), 2, (("Basel", "4001"), ("Genève", "1204")), ("Bahnhofstrasse", "Rue du Lac")),
    _Country("JP", "Japan", "JPY", Decimal(163), 0, (("Kyoto", "604-8571"), ("Sapporo", "060-8611")), ("Teramachi", "Odori")),
)  # fmt: skip
_FIRST = (
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Radia",
    "Ken",
    "Margaret",
    "Lynn",
    "Donald",
    "Frances",
    "Tim",
    "Adele",
    "Niklaus",
)
_LAST = (
    "Peeters",
    "de Vries",
    "Schmidt",
    "O'Brien",
    "Lindqvist",
    "Müller",
    "Tanaka",
    "Janssens",
    "Okafor",
    "Rossi",
    "Nowak",
    "García",
)
_PRODUCTS = (
    ("Gridfinity baseplate {a} × {b}", "GF-{a}x{b}", "5.20"), ("Stackable bin 2 × 1", "BIN-2x1", "9.95"),
    ("Stackable bin 1 × 1", "BIN-1x1", "5.50"), ("Screwdriver rack", "RACK-S12", "14.90"), ("Cable clip, ten", "CLIP-10", "7.25"),
    ("Vase, spiral", "VASE-SP", "18.00"), ("Wall hook", "HOOK-W", "3.80"), ("Pen tray", "TRAY-PEN", "11.40"),
)  # fmt: skip


def order(seed: int, number: int, skus: Sequence[str] = ()) -> dict[str, object]:
    """The body of `orders/create` of a paid order that is about `number`; the same for the same arguments. `skus`: one of each
    of these is bought, instead of what the seed says."""
    random = Random(seed)
    country, (first, last) = random.choice(_COUNTRIES), (random.choice(_FIRST), random.choice(_LAST))
    city, postal_code = random.choice(country.cities)
    email = f"{first}.{last}@example.com".lower().replace("'", "").replace(" ", "")
    drawn = random.sample(_PRODUCTS, random.randint(1, 4))
    lines = [
        _line(random, country, number * 100 + index, product)
        for index, product in enumerate([_product(sku) for sku in skus] or drawn)
    ]
    total = sum((Decimal(str(line["price"])) * int(str(line["quantity"])) for line in lines), Decimal(0))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    person = {"first_name": first, "last_name": last}
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "name": f"#{number % 1_000_000}",
        "email": email,
        "created_at": now,
        "updated_at": now,
        "cancelled_at": None,
        "closed_at": None,
        "test": True,
        "financial_status": "paid",
        "fulfillment_status": None,
        "currency": country.currency,
        "total_price": str(total),
        "customer": {"id": number + 1, "email": email, **person},
        "shipping_address": {
            **person,
            "name": f"{first} {last}",
            "address1": random.choice(country.streets),
            "address2": str(random.randint(1, 240)),
            "city": city,
            "zip": postal_code,
            "country": country.name,
            "country_code": country.code,
            "phone": None,
        },
        "line_items": lines,
    }


def _product(sku: str) -> tuple[str, str, str]:
    """One that is sold under this name, whatever it is."""
    return next((product for product in _PRODUCTS if product[1] == sku), (sku, sku, "10.00"))


def _line(
    random: Random, country: _Country, line_id: int, product: tuple[str, str, str]
) -> dict[str, object]:
    title, sku, price = product
    size = {"a": random.randint(1, 6), "b": random.randint(1, 6)}
    cost = Decimal(price) * country.rate * (size["a"] * size["b"] if "{a}" in sku else 1)
    quantity = random.choice((1, 1, 1, 2, 3))
    return {
        "id": line_id,
        "title": title.format(**size),
        "sku": sku.format(**size),
        "price": str(round(cost, country.digits or None)),
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "gift_card": False,
        "requires_shipping": True,
    }
