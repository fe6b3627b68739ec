"""What a provider is: its topics, its headers, its patience, and how a stored payload becomes one that is new today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from signatures import Scheme

from devkit.webhooks.spelling import COMPACT, Spelling

__all__ = ["RESERVED", "SEND", "GenerationContext", "Payload", "Provider"]

# A JSON object as Python's json module reads it.
Payload = dict[str, object]

# Words after `devkit webhook` that are commands, so no provider can be called that.
RESERVED = ("list", "verify", "suite", "story", "listen", "captures", "replay")
# `devkit webhook send shopify …` is `devkit webhook shopify …`, spelt out.
SEND = "send"


@dataclass(frozen=True)
class GenerationContext:
    """What makes one delivery differ from the next: the time (UTC), and numbers that are reproducible by seed.

    With `varied` an example may become another customer's or another basket's too; what it becomes follows from `order`, the
    number of the order that it is to be about, or else from the seed.
    """

    now: datetime
    random: Random
    varied: bool = False
    order: str = ""


@dataclass(frozen=True)
class Provider:
    """One provider.

    `scheme` is how it signs a body. `headers(topic, moment)` are those beside the signature;
    `freshen(topic, payload, moment)` gives a stored payload new ids and times, and more where `moment.varied`; `topic_of(headers, payload)` finds the topic of
    one that came in (names of headers in small letters; empty when it has none). `topics` are all that it is known to send,
    with an example here or without; `topic/variant` is one that is made from the example of `topic`; `misnamed` are such
    that documents speak of and it does not send → what it sends instead. `timeout` is how many seconds it gives a receiver,
    and `retries` the seconds that it waits before each further try. `header_styles` are other names that it gives its headers, by
    the style's name: each turns a usual name into that one. `spelling` is how it writes JSON, `form_field` the field of a form
    that it can be told to send the body in. `follow(before, after)` brings what people changed in a payload into accord with itself: a name that follows from an id.
    """

    name: str
    scheme: Scheme
    headers: Callable[[str, GenerationContext], Mapping[str, str]]
    freshen: Callable[[str, Payload, GenerationContext], Payload]
    topic_of: Callable[[Mapping[str, str], Payload], str]
    topics: tuple[str, ...] = ()
    timeout: float = 10.0
    retries: tuple[float, ...] = ()
    header_styles: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    spelling: Spelling = COMPACT
    form_field: str = ""
    follow: Callable[[Payload, Payload], Payload] = lambda _, after: after
    misnamed: Mapping[str, str] = field(default_factory=dict)
