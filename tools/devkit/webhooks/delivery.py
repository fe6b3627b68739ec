"""One webhook, built and signed: the request's headers, and the very bytes that its signature is computed over."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from signatures import Scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["Delivery", "HeaderStyle", "Tamper", "as_curl", "build", "encode", "other_encoding"]


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


class HeaderStyle(Enum):
    """How a provider's headers are named."""

    PREFIXED = "prefixed"
    PLAIN = "plain"


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


def encode(payload: Payload) -> bytes:
    """The body as providers write JSON: no spaces, UTF-8."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def build(
    provider: Provider,
    topic: str,
    body: bytes,
    moment: GenerationContext,
    *,
    url: str,
    secret: str,
    plain: bool = False,
    tamper: Tamper | None = None,
) -> Delivery:
    """A request with the provider's headers and signature; with `tamper` one that a receiver must refuse."""
    headers = {"Content-Type": "application/json", **provider.headers(topic, moment)}
    sign = provider.scheme
    signed_with = f"not-{secret}" if tamper is Tamper.SECRET else secret
    signature = _signed(sign, signed_with, body, moment)
    secret_headers = frozenset(name for name, value in signature.items() if value == signed_with)
    if plain and provider.plain is not None:
        headers = {_plain(provider, name): value for name, value in headers.items()}
        signature = {_plain(provider, name): value for name, value in signature.items()}
        secret_headers = frozenset(_plain(provider, name) for name in secret_headers)
    delivery = Delivery(url, headers, signature, body, secret_headers)
    return delivery if tamper in (None, Tamper.SECRET) else _tampered(delivery, tamper, sign)


def _signed(sign: Scheme, secret: str, body: bytes, moment: GenerationContext) -> dict[str, str]:
    message_id = f"msg_{moment.random.getrandbits(128):032x}"
    return sign.sign(secret, body, message_id=message_id, timestamp=int(moment.now.timestamp()))


def _plain(provider: Provider, name: str) -> str:
    return provider.plain(name) if provider.plain else name


def _tampered(delivery: Delivery, tamper: Tamper | None, sign: Scheme) -> Delivery:
    if tamper is Tamper.BODY:
        end = delivery.body.rfind(b"}")
        return replace(delivery, body=delivery.body[:end] + b',"tampered":true' + delivery.body[end:])
    if tamper is Tamper.HEADER:
        return replace(delivery, signature={})
    change = other_encoding if tamper is Tamper.ENCODING else _one_off
    named = {name.lower() for name in sign.signature_headers}
    signature = {
        name: change(value) if name.lower() in named else value for name, value in delivery.signature.items()
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
