"""Undoes mistakes, one and then two at a time, until the signature is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote

from signatures import Generic
from signatures.generic import Claim

from devkit.webhooks.mistakes.body import bodies
from devkit.webhooks.mistakes.content import Way, hashes, ways
from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, Step, Variant, explained
from devkit.webhooks.mistakes.opaque import prove_opaque
from devkit.webhooks.mistakes.reading import read
from devkit.webhooks.mistakes.secret import keys

__all__ = ["prove"]

# Bytes that are hashed at most, and bytes of other bodies that are kept for combinations: about two seconds together.
_BUDGET = 600 * 2**20
_KEPT = 48 * 2**20
_EACH = 2000  # a digest of nothing costs as much as that many bytes


def prove(request: ReceivedRequest) -> Cause | None:
    """The mistakes that explain the signature; None when none do, or too much would have to be tried."""
    if not isinstance(request.scheme, Generic):
        return prove_opaque(request)
    return _Search(request, request.scheme).run()


class _Search:
    """What an HMAC is computed over and with, each with all that it may have been."""

    def __init__(self, request: ReceivedRequest, scheme: Generic) -> None:
        self._request, self._scheme = request, scheme
        self._left = _BUDGET
        self._readings = read(request, scheme)
        self._own = Variant(scheme.key(request.secret))
        self._body = Variant(request.body)

    def run(self) -> Cause | None:
        if not self._readings.digests and not self._readings.pieces:
            return None
        for claim, steps in _claims(self._request, self._scheme):
            found = self._with(Way(self._scheme, claim, steps))
            if found is not None:
                return found
        return None

    def _with(self, usual: Way) -> Cause | None:
        own, body = self._own, self._body
        other_ways = list(ways(self._scheme, usual.claim, self._readings.algorithms))
        if found := self._try(usual, own, body) or self._cut(usual, own, body):
            return found
        other_keys = list(keys(self._request, self._scheme))
        for key in other_keys:
            if found := self._try(usual, key, body):
                return found
        for way in other_ways:
            if found := self._try(way, own, body):
                return found
        if found := self._hashed():
            return found
        kept: list[Variant] = []
        size = 0
        for other in bodies(self._request):
            if other.value == body.value:
                continue
            if found := self._try(usual, own, other):
                return found
            size += len(other.value)
            if size < _KEPT:
                kept.append(other)
            if self._left < 0:
                return None
        return self._combined(usual, kept, other_keys, other_ways)

    def _combined(
        self, usual: Way, kept: list[Variant], other_keys: list[Variant], other_ways: list[Way]
    ) -> Cause | None:
        pairs: Iterator[tuple[Way, Variant, Variant]] = chain(
            ((way, key, self._body) for way in other_ways for key in other_keys),
            ((usual, key, body) for body in kept for key in other_keys),
            ((way, self._own, body) for body in kept for way in other_ways),
        )
        for way, key, body in pairs:
            if found := self._try(way, key, body):
                return found
            if self._left < 0:
                return None
        return None

    def _try(self, way: Way, key: Variant, body: Variant) -> Cause | None:
        if not key.value and not key.steps:
            return None
        self._left -= len(body.value) + _EACH
        odd = self._readings.digests.get(way.digest(key.value, body.value))
        steps = () if odd is None else (*body.steps, *key.steps, *way.steps, *odd)
        return explained(steps) if steps else None

    def _cut(self, way: Way, key: Variant, body: Variant) -> Cause | None:
        step = self._readings.cut(self._scheme, way.digest(key.value, body.value)) if key.value else None
        return explained((step,)) if step else None

    def _hashed(self) -> Cause | None:
        request = self._request
        for step, digest in hashes(
            self._scheme, self._own.value, request.secret, request.body, self._readings.algorithms
        ):
            self._left -= len(request.body) + _EACH
            odd = self._readings.digests.get(digest)
            if odd is not None:
                return explained((step, *(each for each in odd if each.name == "other-header")))
        return None


def _bare(text: str) -> Iterator[tuple[str, str]]:
    yield "there are quotes or brackets around it", text.strip("\"'`[]() ")
    yield "it has a URL's escapes", unquote(text)
    yield "its parts are separated by something else", re.sub(r"[;&| ]+", ",", text)


@dataclass(frozen=True)
class _Names:
    """The headers of id and time."""

    id: str
    time: str


def _claims(request: ReceivedRequest, scheme: Generic) -> Iterator[tuple[Claim, tuple[Step, ...]]]:
    """Id and time as they came, or as they came under other names: `svix-id` for `webhook-id`, `x-…` for …"""
    given = request.by_name
    own = scheme.claim(given)
    if own is not None:
        yield own, ()
        return
    # Time and signature share a header: it may be in quotes or brackets, or have a URL's escapes.
    for words, text in _bare(request.signature):
        if (claim := scheme.claim({scheme.header: text})) is not None:
            says = f"the header of the signature is correct but encoded differently: {words}"
            yield claim, (Step("misencoded-signature", says, "pass the header on unchanged"),)
            return
    names = _Names(scheme.id_header, scheme.timestamp_header)
    for name in given:
        renamed = dict(given)
        family = name.rpartition("-")[0]
        for ours in filter(None, (names.id, names.time)):
            theirs = f"{family}-{ours.lower().rpartition('-')[2]}"
            if theirs in given:
                renamed[ours.lower()] = given[theirs]
        if renamed == given or (claim := Generic.claim(scheme, renamed)) is None:
            continue
        says = f"id and time are in {family}-…; they belong in {' and '.join(filter(None, (names.id, names.time)))}"
        yield claim, (Step("other-header", says, "pass every header on unchanged"),)
        return
    if scheme.timestamp_header or scheme.id_header or "{timestamp}" in scheme.signed:
        # Nothing to sign with it: what was signed may be the body alone.
        says = "neither id nor time was signed, only the body"
        step = Step("other-content", says, f"let the sender sign `{scheme.signed}`, and send them")
        yield Claim(), (step,)
