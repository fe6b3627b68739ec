"""The right signature in other letters, by another algorithm, or over something else."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from signatures import Generic

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = ["other_algorithm", "other_content", "written_otherwise"]

_LABEL = re.compile(r"^\s*(?:[A-Za-z][\w-]{0,15}\s*[=,:]|Bearer\s)\s*")


def written_otherwise(request: ReceivedRequest) -> Cause | None:
    """The right digest in other letters: another encoding, another prefix, quotes."""
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return _secret_misencoded(request)
    wanted = (
        f"{scheme.encoding} behind `{scheme.prefix}`"
        if scheme.prefix
        else f"{scheme.encoding} without a prefix"
    )
    for word, digest in _digests(request, scheme):
        if _matches(request, scheme, digest):
            return Cause(
                "misencoded-signature",
                f"the signature is correct but encoded differently: {word}",
                f"write it in {wanted}",
            )
    return None


def _secret_misencoded(request: ReceivedRequest) -> Cause | None:
    value = request.signature
    for word, variant in (
        ("there are quotes around it", value.strip("\"'")),
        ("there is a label before it", _LABEL.sub("", value)),
        ("it is in capital letters", value.lower()),
        ("it is encoded in base64", _decoded(value).decode("utf-8", "replace")),
    ):
        if variant != value and request.fits(signature=variant):
            return Cause(
                "misencoded-signature",
                f"the signature is correct but encoded differently: {word}",
                "send the secret itself",
            )
    return None


def _digests(request: ReceivedRequest, scheme: Generic) -> Iterator[tuple[str, bytes]]:
    """Each way to read each digest that came, and what is odd about it."""
    for given in scheme.offered(request.by_name) or [request.signature]:
        for text in dict.fromkeys(
            (given, *re.split(r"[\s]+", request.signature), *request.signature.split(","))
        ):
            rest, odd = text.strip(), []
            if rest.strip("\"'") != rest:
                rest, odd = rest.strip("\"'"), ["there are quotes around it"]
            if scheme.prefix and rest.startswith(scheme.prefix * 2):
                rest, odd = (
                    rest.removeprefix(scheme.prefix * 2),
                    [*odd, f"the prefix `{scheme.prefix}` is there twice"],
                )
            elif scheme.prefix and rest.startswith(scheme.prefix):
                rest = rest.removeprefix(scheme.prefix)
            elif label := _LABEL.match(rest):
                rest, odd = (
                    rest[label.end() :],
                    [
                        *odd,
                        f"`{label[0].strip()}` stands before it"
                        if not scheme.prefix
                        else f"`{label[0].strip()}` stands before it instead of `{scheme.prefix}`",
                    ],
                )
            elif scheme.prefix:
                odd = [*odd, f"the prefix `{scheme.prefix}` is missing"]
            for word, digest in _read(rest):
                odd_here = [*odd, f"it is {word}, not {scheme.encoding}"] if word != scheme.encoding else odd
                yield " and ".join(odd_here) or "white space or separators are in it", digest


def _read(text: str) -> Iterator[tuple[str, bytes]]:
    """A digest as bytes, by the name of each encoding that it may be."""
    with contextlib.suppress(ValueError):
        yield ("hex" if text == text.lower() else "hexadecimal in capital letters"), bytes.fromhex(text)
    padded = text + "=" * (-len(text) % 4)
    url = "-" in text or "_" in text
    for name, form in (("base64", text), ("base64 without padding", padded)):
        if form == text or name != "base64":
            try:
                digest = base64.b64decode(form.replace("-", "+").replace("_", "/"), validate=True)
            except ValueError:
                continue
            if url:
                yield "base64url", digest
            elif form == text and name == "base64":
                yield "base64", digest
            else:
                yield name, digest
                yield "base64url", digest
    with contextlib.suppress(ValueError):
        yield "hexadecimal, encoded in base64 once more", bytes.fromhex(_decoded(text).decode("ascii"))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _matches(request: ReceivedRequest, scheme: Generic, digest: bytes) -> bool:
    claim, key = scheme.claim(request.by_name), scheme.key(request.secret)
    if claim is None or not key:
        return False
    return scheme.signature(key, request.body, claim) == scheme.prefix + scheme.written(digest)


def other_algorithm(request: ReceivedRequest) -> Cause | None:
    """The right secret and body, by another algorithm."""
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return None
    for algorithm in ("sha1", "sha224", "sha256", "sha384", "sha512", "md5", "sha3_256"):
        other = replace(scheme, algorithm=algorithm)
        if algorithm != scheme.algorithm and any(
            _matches(request, other, digest) for _, digest in _digests(request, other)
        ):
            message = f"it is an HMAC with {algorithm}; {scheme.algorithm} is wanted"
            return Cause("other-algorithm", message, f"let the sender use {scheme.algorithm}")
    return None


def other_content(request: ReceivedRequest) -> Cause | None:
    """The right secret, over something else than what is to be signed; or a plain hash."""
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return None
    for signed, word in (
        ("{body}", "the body alone"),
        ("{timestamp}.{body}", "time and body"),
        ("{id}.{timestamp}.{body}", "id, time and body"),
        ("", "nothing at all"),
    ):
        other = replace(scheme, signed=signed)
        if signed != scheme.signed and any(
            _matches(request, other, digest) for _, digest in _digests(request, other)
        ):
            return Cause(
                "other-content",
                f"it is computed over {word}; `{scheme.signed}` is wanted",
                "let the sender sign just that",
            )
    return None
