"""What makes one test order differ from the next: who orders, where they live, what they pay in, and what they buy.

It all follows from the order's number, which follows from the seed: whatever tells of an order tells of the same one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random
from zlib import crc32

from devkit.webhooks.provider import GenerationContext
from devkit.webhooks.renewal import Renewal

__all__ = ["ORDER_IDS", "Country", "Good", "Person", "Variety", "order_number", "variety"]

# Ids of today's orders are past 2^53, where a JavaScript number loses the last digits.
ORDER_IDS = (9_100_000_000_000_000, 9_900_000_000_000_000)

# Amounts are whole multiples of the example's, so that every sum stays right.
_DEAREST = 4


@dataclass(frozen=True)
class Country:
    """One that test orders go to. An amount in the example's euros is `rate` times as much in its `currency`, a whole number;
    `taxed` is one with the example's 21 % value added tax, the others are outside the EU and pay none."""

    code: str
    iso_3: str
    name: str
    language: str
    currency: str
    rate: int
    taxed: bool
    phone: str
    people: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str, str], ...]
    province: tuple[str, str] | None = None


@dataclass(frozen=True)
class Person:
    """Who orders, and where it goes."""

    first_name: str
    last_name: str
    street: str
    house_number: str
    city: str
    zip: str
    phone: str

    @property
    def name(self) -> str:
        """First name, last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """At example.com, which nobody's mail goes to."""
        plain = unicodedata.normalize("NFKD", f"{self.first_name}.{self.last_name}".lower())
        return f"{''.join(each for each in plain if each.isascii() and (each.isalnum() or each in '.-'))}@example.com"


@dataclass(frozen=True)
class Good:
    """Something to buy. `kind` is what it is, in a word."""

    sku: str
    title: str
    kind: str


_COUNTRIES = (
    Country("BE", "BEL", "Belgium", "nl", "EUR", 1, True, "+32 2 000 00 00",
            (("Lotte", "Peeters"), ("Zoë", "Lambert"), ("Bram", "De Smet")),
            (("Veldstraat", "Gent", "9000"), ("Rue Haute", "Bruxelles", "1000"))),
    Country("NL", "NLD", "Netherlands", "nl", "EUR", 1, True, "+31 20 000 00 00",
            (("Sanne", "de Vries"), ("Daan", "van den Berg"), ("Fatima", "El Amrani")),
            (("Oudegracht", "Utrecht", "3511 AB"), ("Coolsingel", "Rotterdam", "3011 AD"))),
    Country("ES", "ESP", "Spain", "es", "EUR", 1, True, "+34 910 000 000",
            (("Lucía", "Núñez"), ("Íñigo", "Etxeberria"), ("Carmen", "Ruiz")),
            (("Calle Mayor", "Madrid", "28013"), ("Calle Sierpes", "Sevilla", "41004"))),
    Country("LT", "LTU", "Lithuania", "lt", "EUR", 1, True, "+370 5 000 0000",
            (("Rūta", "Kazlauskienė"), ("Jonas", "Žukauskas")), (("Pilies gatvė", "Vilnius", "01123"),)),
    Country("LV", "LVA", "Latvia", "lv", "EUR", 1, True, "+371 60 000 000",
            (("Līga", "Bērziņa"), ("Jānis", "Ozols")), (("Brīvības iela", "Rīga", "LV-1010"),)),
    Country("CZ", "CZE", "Czechia", "cs", "CZK", 25, True, "+420 200 000 000",
            (("Jiří", "Dvořák"), ("Tereza", "Nováková")),
            (("Dlouhá", "Praha", "110 00"), ("Masarykova", "Brno", "602 00"))),
    Country("GB", "GBR", "United Kingdom", "en", "GBP", 1, False, "+44 20 7946 0000",
            (("Aoife", "O'Neill"), ("Oliver", "Smith-Jones"), ("Priya", "Patel")),
            (("Deansgate", "Manchester", "M3 2BQ"), ("Royal Mile", "Edinburgh", "EH1 1RE"))),
    Country("CH", "CHE", "Switzerland", "de", "CHF", 1, False, "+41 44 000 00 00",
            (("Beat", "Müller"), ("Ursina", "Caflisch")),
            (("Bahnhofstrasse", "Zürich", "8001"), ("Marktgasse", "Bern", "3011"))),
    Country("NO", "NOR", "Norway", "nb", "NOK", 12, False, "+47 20 00 00 00",
            (("Ingrid", "Øverland"), ("Håkon", "Bjørnstad")), (("Storgata", "Oslo", "0155"),)),
    Country("US", "USA", "United States", "en", "USD", 1, False, "+1 503-555-0100",
            (("Maria", "Garcia"), ("James", "Nguyen"), ("Renée", "Washington")),
            (("SE Hawthorne Boulevard", "Portland", "97214"),), ("Oregon", "OR")),
)  # fmt: skip

_GOODS = (
    *(Good(f"GF-{a}x{b}", f"Gridfinity baseplate {a} × {b}", "baseplate") for a in range(2, 7) for b in range(2, a + 1)),
    *(Good(f"BIN-{a}x{b}", f"Stackable bin {a} × {b}", "bin") for a in range(1, 5) for b in range(1, a + 1)),
    *(Good(f"RACK-S{n}", f"Screwdriver rack for {n}", "rack") for n in (6, 8, 12, 16)),
    *(Good(f"VASE-{n}", f"Vase, {n} cm", "vase") for n in (12, 16, 20, 28)),
    Good("HOOK-4", "Coat hooks, set of 4", "hook"),
    Good("STAND-PH", "Phone stand", "stand"),
)  # fmt: skip


@dataclass(frozen=True)
class Variety:
    """One order's. An amount is `factor` times the example's."""

    country: Country
    person: Person
    factor: int
    goods: tuple[Good, ...]

    def good(self, sku: str) -> Good:
        """What is bought in place of the example's `sku`."""
        return self.goods[crc32(sku.encode("utf-8", "replace")) % len(self.goods)]

    def person_id(self, old: object) -> int:
        """The id in place of `old`, of the person or what is theirs: the same person has the same one in every order."""
        return Random(f"{self.person.email}/{old}").randint(*ORDER_IDS)

    def good_id(self, old: object, sku: str) -> int:
        """The same for what is bought in place of `sku`."""
        return Random(f"{self.good(sku).sku}/{old}").randint(*ORDER_IDS)


def order_number(moment: GenerationContext, renewal: Renewal) -> str:
    """The number of the order that all of a seed is about, or of the one that it is to be about."""
    return moment.order.removeprefix("#") or str(renewal.number("order number", 1001, 99_999))


def variety(number: str) -> Variety:
    """What the order of this number is."""
    random = Random(f"variety/{number}")
    country = random.choice(_COUNTRIES)
    first_name, last_name = random.choice(country.people)
    # Somebody lives in one place, whatever they order.
    home = Random(f"{first_name} {last_name}")
    street, city, zip = home.choice(country.places)
    person = Person(first_name, last_name, street, str(home.randint(1, 120)), city, zip, country.phone)
    goods = tuple(random.sample(_GOODS, len(_GOODS)))
    return Variety(country, person, country.rate * random.randint(1, _DEAREST), goods)
