"""A case: requests, and the answers that a receiver must give."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from signatures import Generic, Scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["ACCEPTED", "MALFORMED", "REFUSED", "SUCCESS", "Case", "CaseRequest", "Expected", "Sender"]


@dataclass(frozen=True)
class Expected:
    """Answers that are right, in words and as status codes."""

    words: str
    statuses: frozenset[int]

    def __or__(self, other: Expected) -> Expected:
        return Expected(f"{self.words}, or {other.words}", self.statuses | other.statuses)


ACCEPTED = Expected("2xx", frozenset(range(200, 300)))
SUCCESS = ACCEPTED.statuses
REFUSED = Expected("401 or 403", frozenset({401, 403}))
MALFORMED = Expected("400, 415 or 422", frozenset({400, 415, 422}))


@dataclass(frozen=True)
class CaseRequest:
    """What is sent: headers as they go over the wire, doubled ones included; `chunked` without a Content-Length; `slash` to the
    same URL with a slash more at its end, or one less."""

    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    method: str = "POST"
    chunked: bool = False
    slash: bool = False


@dataclass(frozen=True)
class Sender:
    """One provider with its secret and an example, making requests that differ in one thing from a valid one."""

    provider: Provider
    topic: str
    example: Payload
    secret: str
    random: Random
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def scheme(self) -> Scheme:
        """How it signs a body."""
        return self.provider.scheme

    def moment(self, age: timedelta = timedelta()) -> GenerationContext:
        """A time that long ago, with ids of its own."""
        return GenerationContext(self._began - age, Random(self.random.getrandbits(64)))

    def payload(self, moment: GenerationContext) -> Payload:
        """The example, with ids and times of that moment."""
        return self.provider.freshen(self.topic, dict(self.example), moment)

    def body(self, moment: GenerationContext) -> bytes:
        """The same payload as bytes."""
        return self.encode(self.payload(moment))

    def encode(self, payload: Payload) -> bytes:
        """A payload as the provider writes it."""
        return self.provider.spelling.encode(payload)

    def signature(self, body: bytes, moment: GenerationContext, secret: str | None = None) -> dict[str, str]:
        """The headers that sign a body."""
        message_id, timestamp = _claim(moment)
        given = self.secret if secret is None else secret
        return self.scheme.sign(given, body, message_id=message_id, timestamp=timestamp)

    def signature_with_key(self, key: bytes, body: bytes, moment: GenerationContext) -> dict[str, str]:
        """What a sender without a secret can make of a key that anybody knows; nothing where the secret is the signature."""
        if not isinstance(self.scheme, Generic):
            return {}
        message_id, timestamp = _claim(moment)
        return self.scheme.sign_with_key(key, body, message_id=message_id, timestamp=timestamp)

    @property
    def other_secret(self) -> str:
        """A secret of the same kind that the receiver does not have."""
        wanted = "".join(reversed(self.secret.removeprefix("whsec_")))
        return f"whsec_{base64.b64encode(wanted.encode()).decode()}"

    def headers(self, moment: GenerationContext, topic: str | None = None) -> dict[str, str]:
        """The headers beside the signature."""
        return {"Content-Type": "application/json", **self.provider.headers(topic or self.topic, moment)}

    def request(
        self,
        body: bytes | None = None,
        *,
        moment: GenerationContext | None = None,
        signature: Iterable[tuple[str, str | bytes]] | None = None,
        headers: dict[str, str] | None = None,
        method: str = "POST",
        chunked: bool = False,
    ) -> CaseRequest:
        """A valid request, but for what is given. `signature` may name a header twice."""
        moment = moment or self.moment()
        body = self.body(moment) if body is None else body
        others = self.headers(moment) if headers is None else headers
        signed = self.signature(body, moment).items() if signature is None else signature
        wire = ((name, _bytes(value)) for name, value in (*others.items(), *signed))
        return CaseRequest(tuple(wire), body, method, chunked)


def _claim(moment: GenerationContext) -> tuple[str, int]:
    return f"msg_{moment.random.getrandbits(128):032x}", int(moment.now.timestamp())


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@dataclass(frozen=True)
class Case:
    """`requests` makes what is sent, one after the other; every one of them is to be answered as `expected`.

    `risk` says what a receiver that answers otherwise is exposed to. `needless` says why a scheme has no such case.
    """

    id: str
    about: str
    requests: Callable[[Sender], Collection[CaseRequest]]
    expected: Expected
    risk: str
    needless: Callable[[Sender], str | None] = lambda _: None
