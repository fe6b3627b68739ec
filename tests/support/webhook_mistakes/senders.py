"""The providers' webhooks as they should be, signed by `hmac` and not by the code under test; and what a mistake is."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus

from devkit.webhooks.diagnose import ReceivedRequest
from devkit.webhooks.providers import provider
from devkit.webhooks.spelling import COMPACT
from signatures import Generic, Scheme

__all__ = [
    "ANEW",
    "CLIENT_SECRET",
    "EDGE",
    "FORM",
    "GITHUB",
    "HUB_SECRET",
    "MISENCODED",
    "NOW",
    "OTHER",
    "PAYLOAD",
    "SECRET_MORE",
    "SENDCLOUD",
    "SENDCLOUD_SECRET",
    "SHOPIFY",
    "SIMPLYPRINT",
    "SLACK",
    "SLACKS",
    "SLACK_BODY",
    "SLACK_SECRET",
    "STRIPE",
    "STRIPE_SECRET",
    "SVIX",
    "SVIX_KEY",
    "SVIX_SECRET",
    "Mistake",
    "Sender",
    "b64",
    "compact",
    "dumps",
    "mac",
    "own",
    "parsed",
    "slack",
    "stripe",
    "stripe_of",
    "stripe_with",
    "svix",
]

NOW = 1_795_432_000


SLACK = Generic(
    "X-Slack-Signature", prefix="v0=", timestamp_header="X-Slack-Request-Timestamp", tolerance=300,
    signed="v0:{timestamp}:{body}",
)  # fmt: skip


PAYLOAD = {
    "id": 820982911946154508, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508", "email": "jon@example.com",
    "note": "für Łódź & <Köln> 5 €", "total_price": "19.90", "line_items": [{"id": 866550311766439020, "title": "Vase", "properties": []}],
    "shipping_address": {}, "note_attributes": [],
}  # fmt: skip


CLIENT_SECRET = "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"


STRIPE_SECRET = "whsec_Yk3v8QmZr1T5nB7cX2wL9pHd4sGf6jKa"


SVIX_KEY = bytes(range(40, 64))


SVIX_SECRET = "whsec_" + base64.b64encode(SVIX_KEY).decode()


HUB_SECRET = "correct Horse battery staple"


SENDCLOUD_SECRET = "3c8f51aab0d94e27b6c0a4f1e2d39b78"


SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


OTHER = "the_other_secret_of_this_clone_77"


def mac(key: str | bytes, content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key.encode() if isinstance(key, str) else key, content, algorithm).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True)
class Sender:
    """A provider's webhook as it should be: its bytes, and what signs them."""

    name: str
    scheme: Scheme
    body: bytes
    secret: str
    sign: Callable[[str, bytes, int], dict[str, str]]
    encode: Callable[[object], bytes]

    def request(
        self,
        body: bytes | None = None,
        *,
        secret: str | None = None,
        signed: bytes | None = None,
        signed_with: str | None = None,
        then: int = NOW,
        headers: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
        others: dict[str, str] | None = None,
        secret_name: str = "THE_SECRET",
    ) -> ReceivedRequest:
        """What came, but for what is given: the `body` here, the `secret` here; what was `signed`, and with which."""
        made = self.sign(signed_with or self.secret, self.body if signed is None else signed, then)
        given = {**(made if headers is None else headers), **(more or {})}
        known = provider(self.name) if self.name != "slack" else None
        return ReceivedRequest(
            self.scheme, tuple(given.items()), self.body if body is None else body,
            self.secret if secret is None else secret, secret_name, NOW, others or {},
            self.name, known.spelling if known else COMPACT, known.form_field if known else "",
        )  # fmt: skip

    def value(self, change: Callable[[str], str]) -> ReceivedRequest:
        """With its signature's text changed."""
        made = self.sign(self.secret, self.body, NOW)
        name = self.scheme.signature_headers[0]
        return self.request(headers={**made, name: change(made[name])})

    def digest(self, make: Callable[[str, bytes], bytes]) -> ReceivedRequest:
        """With another digest of secret and body, written as it should be."""
        scheme = self.scheme
        assert isinstance(scheme, Generic)
        text = (
            b64(make(self.secret, self.body))
            if scheme.encoding == "base64"
            else make(self.secret, self.body).hex()
        )
        return self.request(headers={scheme.header: scheme.prefix + text})


def _body(name: str) -> bytes:
    return provider(name).spelling.encode(PAYLOAD)


def stripe(secret: str, body: bytes, then: int, join: bytes = b".") -> dict[str, str]:
    return {"Stripe-Signature": f"t={then},v1={mac(secret, str(then).encode() + join + body).hex()}"}


def _svix_key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def svix(
    secret: str, body: bytes, then: int, key: bytes | None = None, prefix: str = "webhook"
) -> dict[str, str]:
    digest = mac(key or _svix_key(secret), b"msg_27Uw.%d." % then + body)
    return {
        f"{prefix}-id": "msg_27Uw",
        f"{prefix}-timestamp": str(then),
        f"{prefix}-signature": f"v1,{b64(digest)}",
    }


def slack(secret: str, body: bytes, then: int) -> dict[str, str]:
    return {
        "X-Slack-Signature": f"v0={mac(secret, b'v0:%d:' % then + body).hex()}",
        "X-Slack-Request-Timestamp": str(then),
    }


SLACK_BODY = b"token=x1&team_domain=example&command=%2Fweather&text=94070+now+%2B+%E2%82%AC&response_url=https%3A%2F%2Fhooks.slack.com%2Fc%2F1"


SHOPIFY = Sender(
    "shopify",
    provider("shopify").scheme,
    _body("shopify"),
    CLIENT_SECRET,
    lambda s, b, _: {"X-Shopify-Hmac-Sha256": b64(mac(s, b))},
    provider("shopify").spelling.encode,
)


STRIPE = Sender(
    "stripe",
    provider("stripe").scheme,
    _body("stripe"),
    STRIPE_SECRET,
    stripe,
    provider("stripe").spelling.encode,
)


SVIX = Sender(
    "standard-webhooks",
    provider("standard-webhooks").scheme,
    _body("standard-webhooks"),
    SVIX_SECRET,
    svix,
    provider("github").spelling.encode,
)


GITHUB = Sender(
    "github",
    provider("github").scheme,
    _body("github"),
    HUB_SECRET,
    lambda s, b, _: {"X-Hub-Signature-256": f"sha256={mac(s, b).hex()}"},
    provider("github").spelling.encode,
)


SENDCLOUD = Sender(
    "sendcloud",
    provider("sendcloud").scheme,
    _body("sendcloud"),
    SENDCLOUD_SECRET,
    lambda s, b, _: {"Sendcloud-Signature": mac(s, b).hex()},
    provider("sendcloud").spelling.encode,
)


SLACKS = Sender("slack", SLACK, SLACK_BODY, SLACK_SECRET, slack, lambda _: b"")


SIMPLYPRINT = Sender(
    "simplyprint",
    provider("simplyprint").scheme,
    _body("simplyprint"),
    OTHER,
    lambda s, _b, _t: {"X-SP-Secret": s},
    provider("simplyprint").spelling.encode,
)


FORM = b"payload=" + quote_plus(GITHUB.body).encode()


@dataclass(frozen=True)
class Mistake:
    """One class of mistakes. `says` is what the message has to contain."""

    id: str
    about: str
    make: Callable[[], ReceivedRequest]
    cause: str
    says: str = ""
    proven: bool = True


def parsed(sender: Sender) -> object:
    return json.loads(sender.body)


def dumps(sender: Sender, **options: object) -> ReceivedRequest:
    """What was parsed is written by json.dumps."""
    return sender.request(json.dumps(parsed(sender), **options).encode())  # type: ignore[arg-type]


def compact(sender: Sender = SHOPIFY) -> str:
    return json.dumps(parsed(sender), separators=(",", ":"), ensure_ascii=False)


ANEW, EDGE, SECRET_MORE = "body-written-anew", "body-line-ends", "secret-with-more"


MISENCODED = "misencoded-signature"


def stripe_with(key: bytes, then: int = NOW, join: bytes = b".") -> dict[str, str]:
    return {"Stripe-Signature": f"t={then},v1={mac(key, str(then).encode() + join + STRIPE.body).hex()}"}


def stripe_of(body: bytes) -> dict[str, str]:
    """Stripe's header over another body."""
    return stripe(STRIPE_SECRET, body, NOW)


def own(change: Callable[[bytes], str]) -> dict[str, str]:
    """Shopify's header with another text of the right digest."""
    return {"X-Shopify-Hmac-Sha256": change(mac(CLIENT_SECRET, SHOPIFY.body))}
