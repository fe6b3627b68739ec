"""Round trips with implementations of others: what they sign verifies here, what is signed here verifies there.

Shopify's own library is not among them: it is on npm alone (`@shopify/shopify-api`), and the one place for it would be the
page's packages, which `./devkit up` installs on every machine. OpenSSL's HMAC and the known answers stand in for it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from datetime import UTC, datetime

import gidgethub.sansio
import pytest
import standardwebhooks
import stripe
import svix
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from signatures import Generic, scheme

KEYS = st.binary(min_size=24, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
JSON = st.dictionaries(
    st.text(max_size=5), st.text(st.characters(codec="utf-8"), max_size=20) | st.integers()
)
SECRETS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=80)
BODIES = st.binary(max_size=300)
WEBHOOK_LIBRARIES = pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])


def body_of(payload: dict[str, str | int]) -> str:
    return json.dumps(payload, ensure_ascii=False)


@WEBHOOK_LIBRARIES
@given(secret=KEYS, payload=JSON)
def test_standard_webhooks(library: type, secret: str, payload: dict[str, str | int]) -> None:
    ours, theirs, now = scheme("standard-webhooks"), library(secret), int(time.time())
    body = body_of(payload)
    made = ours.sign(secret, body.encode(), message_id="msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", timestamp=now)
    theirs.verify(body, made)
    with pytest.raises(Exception, match="signature"):
        theirs.verify(body + " ", made)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": theirs.sign("msg_1", datetime.fromtimestamp(now, UTC), body),
    }
    assert ours.verify(secret, body.encode(), signed)
    assert not ours.verify(secret, body.encode() + b" ", signed)


@WEBHOOK_LIBRARIES
@pytest.mark.parametrize("age", [290, -290, 310, -310])
def test_standard_webhooks_are_as_patient_as_elsewhere(library: type, age: int) -> None:
    secret, then = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", int(time.time()) - age
    ours = scheme("standard-webhooks")
    made = ours.sign(secret, b"{}", message_id="a", timestamp=then)
    kinds = (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError)
    there: contextlib.AbstractContextManager[object] = (
        contextlib.nullcontext() if abs(age) < 300 else pytest.raises(kinds)
    )
    with there:
        library(secret).verify("{}", made)
    assert ours.verify(secret, b"{}", made) is (abs(age) < 300)


@given(secret=SECRETS, body=TEXTS)
def test_stripe(secret: str, body: str) -> None:
    ours, theirs, now = scheme("stripe"), stripe.WebhookSignature, int(time.time())
    made = ours.sign(secret, body.encode(), timestamp=now)["Stripe-Signature"]
    assert theirs.verify_header(body, made, secret, 300)
    with pytest.raises(stripe.SignatureVerificationError):
        theirs.verify_header(body + " ", made, secret, 300)
    signed = f"t={now},v1={theirs._compute_signature(f'{now}.{body}', secret)}"
    assert ours.verify(secret, body.encode(), {"stripe-signature": signed})
    assert not ours.verify(secret, body.encode() + b" ", {"stripe-signature": signed})


def test_stripe_refuses_the_same_old_time() -> None:
    made = scheme("stripe").sign("secret", b"{}", timestamp=int(time.time()) - 310)
    assert not scheme("stripe").verify("secret", b"{}", made)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.WebhookSignature.verify_header("{}", made["Stripe-Signature"], "secret", 300)


@given(secret=SECRETS, body=BODIES)
def test_github(secret: str, body: bytes) -> None:
    made = scheme("github").sign(secret, body)["X-Hub-Signature-256"]
    gidgethub.sansio.validate_event(body, signature=made, secret=secret)
    with pytest.raises(gidgethub.ValidationFailure):
        gidgethub.sansio.validate_event(body + b" ", signature=made, secret=secret)


@given(secret=SECRETS, body=BODIES)
def test_the_plain_ones_by_openssl(secret: str, body: bytes) -> None:
    """OpenSSL's HMAC, for those of which no library signs: Shopify, Sendcloud, GitHub, and generic ones."""
    kinds: list[tuple[Generic, hashes.HashAlgorithm]] = [
        (scheme("shopify"), hashes.SHA256()),  # type: ignore[list-item]
        (scheme("sendcloud"), hashes.SHA256()),  # type: ignore[list-item]
        (scheme("github"), hashes.SHA256()),  # type: ignore[list-item]
        (Generic("X-Signature", "sha1", "hex"), hashes.SHA1()),
        (Generic("X-Signature", "sha512", "base64"), hashes.SHA512()),
    ]
    for ours, algorithm in kinds:
        there = HMAC(secret.encode(), algorithm)
        there.update(body)
        made = ours.sign(secret, body)[ours.header].removeprefix(ours.prefix)
        digest = bytes.fromhex(made) if ours.encoding == "hex" else base64.b64decode(made, validate=True)
        there.copy().verify(digest)
        with pytest.raises(InvalidSignature):
            there.copy().verify(digest[:-1] + bytes([digest[-1] ^ 1]))
        theirs = there.finalize()
        text = theirs.hex() if ours.encoding == "hex" else base64.b64encode(theirs).decode()
        assert ours.verify(secret, body, {ours.header: ours.prefix + text})
