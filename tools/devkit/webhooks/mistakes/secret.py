"""Other keys: what the secret may have been on the side that signed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

from signatures import Generic
from signatures.headers import raw

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, Step, Variant

__all__ = ["keys", "missing", "texts"]

_ASSIGNED = re.compile(r"\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*[=:]\s*(.+)", re.DOTALL)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00a0\u00ad\u200e\u200f"
_AGAIN = "enter the secret again at the provider (echo adds a line end; printf does not)"
_SAME = "make both sides derive the key from the secret in the same way"


def missing(request: ReceivedRequest) -> Cause | None:
    """There is none, so nothing can be valid."""
    if request.secret.strip():
        return None
    name = request.secret_name
    return Cause(
        "no-secret", f"{name} is blank, so no signature can be valid with it", f"./devkit secrets set {name}"
    )


def keys(request: ReceivedRequest, scheme: Generic) -> Iterator[Variant]:
    """Every other key of the HMAC, the likelier first."""
    own = scheme.key(request.secret)
    plain = own in (b"", raw(request.secret))  # else the key is what the text says in base64
    seen = {own}
    for step, text in texts(request):
        for key in (scheme.key(text), raw(text) if plain else b""):
            if key and key not in seen:
                seen.add(key)
                yield Variant(key, (step,))
    for words, key in _decoded(request.secret):
        if key and key not in seen:
            seen.add(key)
            yield Variant(
                key,
                (
                    Step(
                        "secret-decoding",
                        f"the key it is signed with is {words} of {request.secret_name}",
                        _SAME,
                    ),
                ),
            )
    says = "it is signed with an empty key: the sender had no secret"
    yield Variant(
        b"",
        (
            Step(
                "sender-without-secret",
                says,
                "give the secret to the sender, and let it refuse to sign without",
            ),
        ),
    )


def texts(request: ReceivedRequest) -> Iterator[tuple[Step, str]]:
    """Other secrets as text: this clone's others, then the same one with more or less around it."""
    yield from _others(request)
    name, ours = request.secret_name, request.secret
    for words, less in (
        ("white space around it", ours.strip()),
        ("quotes around it", ours.strip().strip("\"'`“”‘’«»„")),
        ("a byte order mark before it", ours.removeprefix("\ufeff")),
        ("an invisible character around it", ours.strip(_INVISIBLE)),
        ("an escaped line end (`\\n`) after it", re.sub(r"(\\r|\\n)+$", "", ours)),
        ("the variable's name before it", _value(ours)),
        ("`v1,` before it", ours.removeprefix("v1,")),
        ("`Bearer` or `Basic` before it", re.sub(r"^(Bearer|Basic|Token)\s+", "", ours)),
        ("Python's `b'…'` around it", re.sub(r"b(['\"])(.*)\1", r"\2", ours)),
        ("a comma or semicolon after it", ours.rstrip(",;")),
        ("itself once more after it", ours[: len(ours) // 2] if ours[: len(ours) // 2] * 2 == ours else ours),
        ("white space in it", "".join(ours.split())),
    ):
        if less and less != ours:
            yield (
                Step(
                    "secret-with-more",
                    f"{name} has {words}, which the provider's does not have",
                    f"./devkit secrets set {name}, without",
                ),
                less,
            )
    for words, more in (
        ("a line end after it", f"{ours}\n"),
        ("a line end after it", f"{ours}\r\n"),
        ("a space after it", f"{ours} "),
        ("a space before it", f" {ours}"),
        ("quotes around it", f'"{ours}"'),
        ("quotes around it", f"'{ours}'"),
        ("Python's `b'…'` around it", str(raw(ours))),
    ):
        yield (
            Step("secret-with-less", f"what it was signed with has {words}, which {name} has not", _AGAIN),
            more,
        )
    for prefix in ("whsec_", "shpss_"):
        says = f"the key it is signed with begins with `{prefix}`, which {name} lacks"
        if not ours.startswith(prefix):
            yield (
                Step("secret-without-prefix", says, f"./devkit secrets set {name}, complete with `{prefix}`"),
                prefix + ours,
            )
    if "_" in ours:
        prefix, _, rest = ours.partition("_")
        yield (
            Step(
                "secret-with-prefix",
                f"the key it is signed with is {name} without its prefix `{prefix}_`",
                _SAME,
            ),
            rest,
        )
    for words, other in (("small letters", ours.lower()), ("capitals", ours.upper())):
        if other != ours:
            yield (
                Step(
                    "secret-letter-case",
                    f"the key it is signed with is {name} in {words}",
                    "copy the secret as it is",
                ),
                other,
            )


def _others(request: ReceivedRequest) -> Iterator[tuple[Step, str]]:
    """The previous one first; a secret of something else after it."""
    ours = request.secret_name
    for name, value in sorted(request.others.items(), key=lambda item: not item[0].startswith(ours)):
        if name == ours or not value or value == request.secret:
            continue
        if name == f"{ours}_PREVIOUS":
            fix = "give the provider the new secret, or keep the previous one a while"
            yield Step("previous-secret", f"it is signed with the previous secret, {name}", fix), value
        elif f"{name}_PREVIOUS" == ours:
            yield (
                Step("newer-secret", f"it is signed with the newer secret, {name}", f"verify it with {name}"),
                value,
            )
        else:
            says = f"it is signed with {name}, not with {ours}"
            yield (
                Step("other-secret", says, f"set {ours} to what the provider signs with, or route it there"),
                value,
            )


def _value(text: str) -> str:
    """What stands behind `NAME=`."""
    found = _ASSIGNED.fullmatch(text)
    return found[1].strip().strip("\"'") if found else text


def _decoded(secret: str) -> Iterator[tuple[str, bytes]]:
    inner = secret.removeprefix("whsec_")
    yield "the text itself", raw(secret)
    yield "the text behind whsec_", raw(inner)
    for decode, words in (
        (base64.b64decode, "the base64-decoded text"),
        (base64.urlsafe_b64decode, "the base64url-decoded text"),
        (bytes.fromhex, "the hexadecimal-decoded text"),
    ):
        for padding in ("", "=", "==") if "base64" in words else ("",):
            try:
                yield words, decode(inner + padding)
            except ValueError:
                continue
    yield "the base64-encoded text", base64.b64encode(raw(secret))
    yield "the base64-encoded text behind whsec_", base64.b64encode(raw(inner))
    yield "the hexadecimal text", raw(secret).hex().encode()
    yield "the text without its URL escapes", raw(unquote(secret))
    yield "the text in UTF-16", secret.encode("utf-16-le", "surrogatepass")
