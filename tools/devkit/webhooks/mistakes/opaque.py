"""Schemes that are no HMAC in a header: the secret itself travels, or nothing is known but how to verify."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

from devkit.webhooks.mistakes.body import bodies
from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, Step, explained
from devkit.webhooks.mistakes.reading import cut
from devkit.webhooks.mistakes.secret import texts

__all__ = ["prove_opaque"]

_LABEL = re.compile(r"^\s*(?:[A-Za-z][\w-]{0,15}\s*[=,:]|Bearer\s|Basic\s)\s*")


def prove_opaque(request: ReceivedRequest) -> Cause | None:
    """The mistake with which it would be valid; None when none of them explains it."""
    for step, value in _signatures(request):
        if request.fits(signature=value):
            return explained((step,))
    if part := _cut(request):
        return explained((part,))
    for step, secret in texts(request):
        if request.fits(secret=secret):
            return explained((step,))
    for body in bodies(request) if _signs_body(request) else ():
        if request.fits(body=body.value):
            return explained(body.steps)
    return None


def _signatures(request: ReceivedRequest) -> Iterator[tuple[Step, str]]:
    """The signature in other letters; those in other headers."""
    value = request.signature
    for words, variant in (
        ("there are quotes around it", value.strip("\"'")),
        ("there is a label before it", _LABEL.sub("", value)),
        ("it is in capital letters", value.lower()),
        ("it is in small letters", value.upper()),
        ("it is encoded in base64", _decoded(value)),
        ("it has a URL's escapes", unquote(value)),
        ("each `+` in it became a space", value.replace(" ", "+")),
    ):
        if variant and variant != value:
            says = f"the signature is correct but encoded differently: {words}"
            yield Step("misencoded-signature", says, "send the secret itself"), variant
    wanted, known = request.scheme.signature_headers[0], {n.lower() for n in request.scheme.signature_headers}
    for name, other in request.by_name.items():
        if name not in known:
            fix = f"make the sender or the proxy name the header {wanted}"
            for form in dict.fromkeys((other, _LABEL.sub("", other))):
                yield Step("other-header", f"the signature is in {name}; it belongs in {wanted}", fix), form


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _cut(request: ReceivedRequest) -> Step | None:
    """A part of the secret, where that is what travels."""
    right, given = request.secret, request.signature
    if right not in request.scheme.sign(right, b"").values():
        return None
    return cut(given, right)


def _signs_body(request: ReceivedRequest) -> bool:
    return request.scheme.sign(request.secret, b"a") != request.scheme.sign(request.secret, b"b")
