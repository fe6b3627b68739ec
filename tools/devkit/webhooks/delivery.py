"""One webhook, built and signed: the request's headers, and the very bytes that its signature is computed over."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from signatures import Generic, Scheme

from devkit.webhooks.provider import GenerationContext, Provider
from devkit.webhooks.spelling import as_form

__all__ = ["Delivery", "Tamper", "as_curl", "build", "other_encoding", "signs"]


FORM_TYPE = "application/x-www-form-urlencoded"

# A digest at the end of a signature; before it, there may be a prefix that ends in `=` or `,`.
_HEX = re.compile(r"(?<![^=,])([0-9a-f]{2}){20,}$")
_BASE64 = re.compile(r"(?<![^=,])[A-Za-z0-9+/]{26,}={0,2}$")


class Tamper(Enum):
    """What is wrong with a delivery that should be refused."""

    BODY = "body"
    SIGNATURE = "signature"
    SECRET = "secret"  # noqa: S105 - what is wrong, not a secret
    HEADER = "header"
    ENCODING = "encoding"


@dataclass(frozen=True)
class Delivery:
    """A signed request, ready to go. `signature` are the headers that sign it, `headers` the others. `secret_headers` are the
    names of those whose value is the secret itself, not to be shown."""

    url: str
    headers: Mapping[str, str]
    signature: Mapping[str, str]
    body: bytes
    secret_headers: frozenset[str] = frozenset()

    @property
    def all_headers(self) -> dict[str, str]:
        """What goes over the wire."""
        return {**self.headers, **self.signature}


def build(
    provider: Provider,
    topic: str,
    body: bytes,
    moment: GenerationContext,
    *,
    url: str,
    secret: str,
    style: str = "",
    form: bool = False,
    tamper: Tamper | None = None,
) -> Delivery:
    """A request with the provider's headers and signature; with `tamper` one that a receiver must refuse.

    `style` is one of the provider's header styles (empty: the usual one); `form` sends the body in the provider's form field.
    """
    headers = {"Content-Type": "application/json", **provider.headers(topic, moment)}
    if form:
        headers["Content-Type"], body = FORM_TYPE, as_form(provider.form_field, body)
    sign = provider.scheme
    signed_with = f"not-{secret}" if tamper is Tamper.SECRET else secret
    signature = _signed(sign, signed_with, body, moment)
    secret_headers = frozenset(name for name, value in signature.items() if value == signed_with)
    if style:
        rename = provider.header_styles[style]
        headers = {rename(name): value for name, value in headers.items()}
        signature = {rename(name): value for name, value in signature.items()}
        secret_headers = frozenset(map(rename, secret_headers))
    delivery = Delivery(url, headers, signature, body, secret_headers)
    return delivery if tamper in (None, Tamper.SECRET) else _tampered(delivery, tamper, sign)


def _signed(sign: Scheme, secret: str, body: bytes, moment: GenerationContext) -> dict[str, str]:
    message_id = f"msg_{moment.random.getrandbits(128):032x}"
    return sign.sign(secret, body, message_id=message_id, timestamp=int(moment.now.timestamp()))


def signs(scheme: Scheme, name: str) -> bool:
    """Whether a header that comes with a signature is one, and not an id or a time that is signed with the body."""
    others = (scheme.id_header, scheme.timestamp_header) if isinstance(scheme, Generic) else ()
    return name.lower() not in {other.lower() for other in others}


def _tampered(delivery: Delivery, tamper: Tamper | None, sign: Scheme) -> Delivery:
    if tamper is Tamper.BODY:
        end = delivery.body.rfind(b"}")
        if end < 0:  # a form
            return replace(delivery, body=delivery.body + b"&tampered=true")
        return replace(delivery, body=delivery.body[:end] + b',"tampered":true' + delivery.body[end:])
    if tamper is Tamper.HEADER:
        return replace(delivery, signature={})
    change = other_encoding if tamper is Tamper.ENCODING else _one_off
    signature = {
        name: change(value) if signs(sign, name) else value for name, value in delivery.signature.items()
    }
    return replace(delivery, signature=signature)


def _one_off(value: str) -> str:
    """One character is another one, and of the same kind."""
    middle = len(value) // 2
    other = "b" if value[middle : middle + 1] != "b" else "c"
    return value[:middle] + other + value[middle + 1 :]


def other_encoding(value: str) -> str:
    """Hexadecimal as base64 and the other way round, behind its prefix; what is neither, as base64."""
    if found := _HEX.search(value):
        return value[: found.start()] + base64.b64encode(bytes.fromhex(found[0])).decode()
    found = _BASE64.search(value)
    if found and len(found[0]) % 4 == 0:
        return value[: found.start()] + base64.b64decode(found[0]).hex()
    return base64.b64encode(value.encode()).decode()


def as_curl(delivery: Delivery, variable: str) -> str:
    """The same request for a shell. A secret that would stand in it is read from the `variable` there."""
    lines = [f"curl --request POST {shlex.quote(delivery.url)}"]
    for name, value in delivery.all_headers.items():
        if name in delivery.secret_headers:
            lines.append(f'  --header "{name}: ${variable}"')
        else:
            lines.append(f"  --header {shlex.quote(f'{name}: {value}')}")
    try:
        text = delivery.body.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" not in text and not text.startswith("@"):
        return " \\\n".join([*lines, f"  --data-binary {shlex.quote(text)}"])
    # What no argument can hold, or curl would take for a file's name, comes in by a pipe.
    octal = "".join(f"\\{byte:03o}" for byte in delivery.body)
    return f"printf '{octal}' | " + " \\\n".join([*lines, "  --data-binary @-"])
