"""Other things than the right one that a sender or a receiver computes over a body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace

from signatures import Generic
from signatures.generic import Claim
from signatures.headers import raw, seconds

from devkit.webhooks.mistakes.model import Step

__all__ = ["Way", "hashes", "ways"]

_ALGORITHMS = ("sha256", "sha1", "sha512", "md5", "sha384", "sha224", "sha3_256")
_TEMPLATES = {
    "{body}": "the body alone",
    "{timestamp}.{body}": "time and body with a dot between them",
    "{timestamp}{body}": "time and body with nothing between them",
    "{timestamp}:{body}": "time and body with a colon between them",
    "{timestamp}\n{body}": "time and body with a line end between them",
    "{timestamp},{body}": "time and body with a comma between them",
    "v0:{timestamp}:{body}": "`v0:`, time and body (as Slack does)",
    "{body}.{timestamp}": "body and time, the wrong way round",
    "{body}{timestamp}": "body and time, the wrong way round",
    "{id}.{timestamp}.{body}": "id, time and body with dots between them",
    "{id}{timestamp}{body}": "id, time and body with nothing between them",
    "{id}:{timestamp}:{body}": "id, time and body with colons between them",
    "{timestamp}.{id}.{body}": "time, id and body, the wrong way round",
    "{id}.{body}": "id and body, without the time",
    "": "nothing at all",
}


@dataclass(frozen=True)
class Way:
    """One way to compute a digest of a body with a key."""

    scheme: Generic
    claim: Claim
    steps: tuple[Step, ...] = ()

    def digest(self, key: bytes, body: bytes) -> bytes:
        """The digest itself, whatever text it travels as."""
        bare = replace(self.scheme, prefix="", encoding="hex")
        return bytes.fromhex(bare.signature(key, body, self.claim))


def ways(scheme: Generic, claim: Claim, algorithms: set[str]) -> Iterator[Way]:
    """Every other way, the likelier first. Only `algorithms` can have made what came."""
    for template, words in _TEMPLATES.items():
        if template != scheme.signed and _has(claim, template) and scheme.algorithm in algorithms:
            says = f"it is computed over {words}; `{scheme.signed}` is wanted"
            yield Way(
                replace(scheme, signed=template),
                claim,
                (Step("other-content", says, "let the sender sign just that"),),
            )
    for words, time in _times(claim):
        says = f"the time that was signed is in {words}, and the header's is not"
        yield Way(
            scheme,
            replace(claim, timestamp=time),
            (Step("time-in-other-unit", says, "sign the very text that the header carries"),),
        )
    for algorithm in _ALGORITHMS:
        if algorithm == scheme.algorithm or algorithm not in algorithms:
            continue
        says = f"it is an HMAC with {algorithm}; {scheme.algorithm} is wanted"
        step = Step("other-algorithm", says, f"let the sender use {scheme.algorithm}")
        for template in dict.fromkeys((scheme.signed, "{body}")):
            yield Way(replace(scheme, algorithm=algorithm, signed=template), claim, (step,))


def _has(claim: Claim, template: str) -> bool:
    return bool(claim.timestamp or "{timestamp}" not in template) and bool(
        claim.message_id or "{id}" not in template
    )


def _times(claim: Claim) -> Iterator[tuple[str, str]]:
    time = seconds(claim.timestamp)
    if time is not None:
        yield "milliseconds", f"{time}000"
        yield "seconds", str(time // 1000)


def hashes(
    scheme: Generic, key: bytes, secret: str, body: bytes, algorithms: set[str]
) -> Iterator[tuple[Step, bytes]]:
    """What is no HMAC of the body: a hash, or an HMAC the wrong way round."""
    text = raw(secret)
    for algorithm in (each for each in _ALGORITHMS if each in algorithms):
        fix = f"compute an HMAC with {scheme.algorithm}: the secret is its key, not a part of what is hashed"
        for words, content in (
            ("the body", body),
            ("the secret and the body", text + body),
            ("the body and the secret", body + text),
            ("the secret and the body, with a dot between them", text + b"." + body),
            ("the secret", text),
        ):
            says = f"it is a plain {algorithm} of {words}, not an HMAC"
            yield (
                Step("plain-hash", says, fix),
                hashlib.new(algorithm, content, usedforsecurity=False).digest(),
            )
        if body and algorithm.startswith("sha"):
            says = "the secret and the body are swapped: the body was taken for the key"
            yield (
                Step("swapped-secret-and-body", says, "the secret is the HMAC's key, the body its message"),
                hmac.digest(body, text, algorithm),
            )
        if algorithm.startswith("sha") and algorithm == scheme.algorithm:
            once = hmac.digest(key, body, algorithm) if key else b""
            yield (
                Step("plain-hash", "it is a hash of the right signature", fix),
                hashlib.new(algorithm, once, usedforsecurity=False).digest(),
            )
