"""Mistakes about the proof itself: its header, its writing, its time."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from signatures import Generic

from devkit.webhooks.mistakes.model import Cause, Request

__all__ = [
    "doubled",
    "missing",
    "other_algorithm",
    "other_content",
    "other_header",
    "out_of_time",
    "truncated",
    "written_otherwise",
]

_LABEL = re.compile(r"^\s*(?:[A-Za-z][\w-]{0,15}\s*[=,:]|Bearer\s)\s*")


def doubled(request: Request) -> Cause | None:
    """The proof's header came more than once."""
    names = {name.lower() for name in request.scheme.proof_headers}
    values = [value for name, value in request.headers if name.lower() in names]
    if len(values) < 2 or not any(request.fits(proof=value) for value in values):
        return None
    message = f"the header of the proof came {len(values)} times, and not every time with the right one"
    message = message if len(set(values)) > 1 else f"the header of the proof came {len(values)} times"
    return Cause("doubled-header", message, "look which proxy adds it: a proof that comes twice is none")


def other_header(request: Request) -> Cause | None:
    """The right proof, or the right id and time with it, under other names."""
    wanted = request.scheme.proof_headers[0]
    known = {name.lower() for name in request.scheme.proof_headers}
    given = request.by_name
    # A proxy's or library's own names for the same things: svix-id for webhook-id, x-… for …
    renamed = dict(given)
    for ours in _names(request):
        end = ours.lower().rpartition("-")[2]
        for name, value in given.items():
            if ours.lower() not in given and name.rpartition("-")[2] == end and name not in known:
                renamed[ours.lower()] = value
    for name, value in given.items():
        if name not in known and (
            request.fits(proof=value, headers=given) or request.fits(proof=value, headers=renamed)
        ):
            return Cause(
                "other-header",
                f"the proof is in {name}, and belongs in {wanted}",
                f"let whoever sends or forwards it name the header {wanted}",
            )
    return None


def _names(request: Request) -> list[str]:
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return [scheme.proof_headers[0]]
    return [name for name in (scheme.id_header, scheme.timestamp_header, scheme.header) if name]


def missing(request: Request) -> Cause | None:
    """No proof, or what is signed with the body is not there."""
    if not request.proof:
        wanted = " or ".join(request.scheme.proof_headers)
        return Cause(
            "no-proof",
            f"there is no {wanted} with a proof in it",
            "look whether a proxy drops the header, and whether the provider has a secret at all",
        )
    scheme = request.scheme
    if isinstance(scheme, Generic) and scheme.claim(request.by_name) is None:
        others = [name for name in (scheme.id_header, scheme.timestamp_header) if name] or [scheme.header]
        wrong = [name for name in others if not request.by_name.get(name.lower(), "").strip()]
        message = (
            f"there is no {' and no '.join(wrong)}"
            if wrong
            else f"{others[-1]} says no time in seconds since 1970"
        )
        return Cause(
            "no-time-or-id", message, "they are signed with the body: pass every header on as it came"
        )
    return None


def out_of_time(request: Request) -> Cause | None:
    """It is right, but for another time."""
    then, scheme = request.signed_at, request.scheme
    if then is None or not isinstance(scheme, Generic) or not request.fits():
        return None
    for unit, divisor in (
        ("milliseconds", 1000),
        ("microseconds", 1_000_000),
        ("nanoseconds", 1_000_000_000),
    ):
        if abs(then / divisor - request.now) <= max(scheme.tolerance, 86_400):
            message = f"the time that was signed is in {unit}, not in seconds"
            return Cause("time-in-other-unit", message, "sign the time in seconds since 1970")
    away = request.now - then
    if abs(away) <= scheme.tolerance:
        return None
    side = "ago" if away > 0 else "in the future"
    message = f"it is right, but was signed {_span(abs(away))} {side}; {_span(scheme.tolerance)} are allowed"
    hours = round(away / 3600)
    if hours and abs(hours) <= 14 and abs(away - hours * 3600) <= scheme.tolerance:
        message += f" (just about {abs(hours)} h: is a local time taken for UTC?)"
    if away < 0:
        return Cause(
            "out-of-time",
            message,
            "set the clock of this machine, or of the one that signed: one of them is wrong",
        )
    return Cause(
        "out-of-time",
        message,
        "send it anew (./devkit webhook replay signs it now); if it is new, look at the clocks of both machines",
    )


def _span(seconds: float) -> str:
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.0f} s"


def written_otherwise(request: Request) -> Cause | None:
    """The right digest in other letters: another encoding, another prefix, quotes."""
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return _bare_otherwise(request)
    wanted = (
        f"{scheme.encoding} behind `{scheme.prefix}`"
        if scheme.prefix
        else f"{scheme.encoding} without a prefix"
    )
    for word, digest in _digests(request, scheme):
        if _proves(request, scheme, digest):
            return Cause(
                "proof-written-otherwise",
                f"the proof is right but for its writing: {word}",
                f"write it in {wanted}",
            )
    return None


def _bare_otherwise(request: Request) -> Cause | None:
    value = request.proof
    for word, variant in (
        ("there are quotes around it", value.strip("\"'")),
        ("there is a label before it", _LABEL.sub("", value)),
        ("it is in capital letters", value.lower()),
        ("it is encoded in base64", _decoded(value).decode("utf-8", "replace")),
    ):
        if variant != value and request.fits(proof=variant):
            return Cause(
                "proof-written-otherwise",
                f"the proof is right but for its writing: {word}",
                "send the secret itself",
            )
    return None


def _digests(request: Request, scheme: Generic) -> Iterator[tuple[str, bytes]]:
    """Each way to read each digest that came, and what is odd about it."""
    for given in scheme.offered(request.by_name) or [request.proof]:
        for text in dict.fromkeys((given, *re.split(r"[\s]+", request.proof), *request.proof.split(","))):
            bare, odd = text.strip(), []
            if bare.strip("\"'") != bare:
                bare, odd = bare.strip("\"'"), ["there are quotes around it"]
            if scheme.prefix and bare.startswith(scheme.prefix * 2):
                bare, odd = (
                    bare.removeprefix(scheme.prefix * 2),
                    [*odd, f"the prefix `{scheme.prefix}` is there twice"],
                )
            elif scheme.prefix and bare.startswith(scheme.prefix):
                bare = bare.removeprefix(scheme.prefix)
            elif label := _LABEL.match(bare):
                bare, odd = (
                    bare[label.end() :],
                    [
                        *odd,
                        f"`{label[0].strip()}` stands before it"
                        if not scheme.prefix
                        else f"`{label[0].strip()}` stands before it instead of `{scheme.prefix}`",
                    ],
                )
            elif scheme.prefix:
                odd = [*odd, f"the prefix `{scheme.prefix}` is missing"]
            for word, digest in _read(bare):
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


def _proves(request: Request, scheme: Generic, digest: bytes) -> bool:
    claim, key = scheme.claim(request.by_name), scheme.key(request.secret)
    if claim is None or not key:
        return False
    return scheme.proof(key, request.body, claim) == scheme.prefix + scheme.written(digest)


def truncated(request: Request) -> Cause | None:
    """A part of the right proof, or more than it."""
    scheme = request.scheme
    if isinstance(scheme, Generic):
        claim, key = scheme.claim(request.by_name), scheme.key(request.secret)
        if claim is None or not key:
            return None
        right, given = scheme.proof(key, request.body, claim), scheme.offered(request.by_name)
    else:
        right, given = request.secret, [request.proof]
    bare = right.removeprefix(scheme.prefix) if isinstance(scheme, Generic) else right
    for value in given:
        value = value.strip()
        text = value.removeprefix(scheme.prefix) if isinstance(scheme, Generic) else value
        if 8 <= len(text) < len(bare) and (bare.startswith(text) or bare.endswith(text)):
            message = f"the proof is cut: {len(text)} of its {len(bare)} characters are there"
            return Cause(
                "proof-cut", message, "look what shortens the header, and whether it was copied whole"
            )
        if len(text) > len(bare) and bare in text and len(text) <= len(bare) + 8:
            return Cause(
                "proof-cut",
                f"the proof is right, but {len(text) - len(bare)} characters too long",
                "look what adds to the header",
            )
    return None


def other_algorithm(request: Request) -> Cause | None:
    """The right secret and body, by another algorithm."""
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return None
    for algorithm in ("sha1", "sha224", "sha256", "sha384", "sha512", "md5", "sha3_256"):
        other = replace(scheme, algorithm=algorithm)
        if algorithm != scheme.algorithm and any(
            _proves(request, other, digest) for _, digest in _digests(request, other)
        ):
            message = f"it is an HMAC with {algorithm}; {scheme.algorithm} is wanted"
            return Cause("other-algorithm", message, f"let the sender use {scheme.algorithm}")
    return None


def other_content(request: Request) -> Cause | None:
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
            _proves(request, other, digest) for _, digest in _digests(request, other)
        ):
            return Cause(
                "other-content",
                f"it is computed over {word}; `{scheme.signed}` is wanted",
                "let the sender sign just that",
            )
    return None
