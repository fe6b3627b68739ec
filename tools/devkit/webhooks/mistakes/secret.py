"""Mistakes about the secret."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = ["another", "decoded_or_not", "missing", "written_otherwise"]


def missing(request: ReceivedRequest) -> Cause | None:
    if request.secret.strip():
        return None
    name = request.secret_name
    return Cause(
        "no-secret", f"{name} is blank, so no signature can be valid with it", f"./devkit secrets set {name}"
    )


def another(request: ReceivedRequest) -> Cause | None:
    """Another secret of this clone fits: the previous one, or one of something else."""
    ours = request.secret_name
    for name, value in sorted(request.others.items(), key=lambda item: not item[0].startswith(ours)):
        if name == ours or not value or value == request.secret or not request.fits(secret=value):
            continue
        if name == f"{ours}_PREVIOUS":
            message = f"it is signed with the previous secret, {name}"
            return Cause(
                "previous-secret",
                message,
                "give the provider the new secret, or keep the previous one a while",
            )
        if f"{name}_PREVIOUS" == ours:
            return Cause(
                "newer-secret", f"it is signed with the newer secret, {name}", f"verify it with {name}"
            )
        message = f"it is signed with {name}, not with {ours}"
        return Cause(
            "other-secret", message, f"set {ours} to what the provider signs with, or route it there"
        )
    return None


def written_otherwise(request: ReceivedRequest) -> Cause | None:
    """White space or quotes around the secret, on this side or on the provider's."""
    name, ours = request.secret_name, request.secret
    for word, less in (
        ("white space around it", ours.strip()),
        ("quotes around it", ours.strip().strip("\"'")),
        ("a byte order mark before it", ours.removeprefix("\ufeff")),
    ):
        if less and less != ours and request.fits(secret=less):
            return Cause(
                "secret-with-more",
                f"{name} has {word}, which the provider's does not have",
                f"./devkit secrets set {name}, without",
            )
    for word, more in (
        ("a line end after it", f"{ours}\n"),
        ("a line end after it", f"{ours}\r\n"),
        ("a space after it", f"{ours} "),
        ("a space before it", f" {ours}"),
        ("quotes around it", f'"{ours}"'),
        ("quotes around it", f"'{ours}'"),
    ):
        if request.fits(secret=more):
            message = f"the secret was signed with has {word}, which {name} has not"
            return Cause(
                "secret-with-less",
                message.replace("the secret was", "what it was"),
                "enter the secret again at the provider (echo adds a line end; printf does not)",
            )
    return None


def decoded_or_not(request: ReceivedRequest) -> Cause | None:
    """The key is the secret's text on one side, and what the text says in base64 or hexadecimal on the other."""
    for word, key in _keys(request.secret):
        # Bytes as they are, for schemes that take text; in base64 for those that decode it.
        as_text = key.decode("utf-8", "surrogateescape")
        for secret in (as_text, "whsec_" + base64.b64encode(key).decode()):
            if key and secret != request.secret and request.fits(secret=secret):
                message = f"the key it is signed with is {word} of {request.secret_name}"
                return Cause(
                    "secret-decoding",
                    message,
                    "make both sides derive the key from the secret in the same way",
                )
    return None


def _keys(secret: str) -> Iterator[tuple[str, bytes]]:
    encoded = secret.removeprefix("whsec_")
    yield "the text itself", secret.encode("utf-8", "surrogatepass")
    yield "the text behind whsec_", encoded.encode("utf-8", "surrogatepass")
    for decode, word in (
        (base64.b64decode, "base64"),
        (base64.urlsafe_b64decode, "base64url"),
        (bytes.fromhex, "hexadecimal"),
    ):
        for padding in ("", "=", "=="):
            try:
                yield f"the {word}-decoded text", decode(encoded + (padding if word != "hexadecimal" else ""))
            except ValueError:
                continue
    yield "the base64-encoded text", base64.b64encode(secret.encode("utf-8", "surrogatepass"))
    yield "the hexadecimal text", secret.encode("utf-8", "surrogatepass").hex().encode()
