"""A blank secret signs nothing and makes no signature valid, here as in the providers' own libraries."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import signatures
import standardwebhooks
import stripe
import svix
from signatures import BlankSecret, Generic, Scheme, scheme

NOW = int(time.time())
# Elsewhere only the white space of ASCII is.
ASCII = ("", " ", "\t\n", "   ")
BLANK = (*ASCII, "\u00a0\u2003")
SCHEMES: dict[str, Scheme] = {name: scheme(name) for name in signatures.names()} | {
    "generic": Generic("X-Acme-Signature", "sha512", "base64", "v0:")
}
EVERY = pytest.mark.parametrize("name", SCHEMES)


@EVERY
@pytest.mark.parametrize("secret", BLANK)
def test_nothing_is_signed(name: str, secret: str) -> None:
    with pytest.raises(BlankSecret, match="the secret is blank: it is empty, or white space alone"):
        SCHEMES[name].sign(secret, b"{}", message_id="a", timestamp=NOW)


@EVERY
@pytest.mark.parametrize("secret", BLANK)
def test_nothing_is_proved(name: str, secret: str) -> None:
    ours = SCHEMES[name]
    forged = [dict.fromkeys(ours.signature_headers, secret)]
    if isinstance(ours, Generic):
        forged.append(ours.sign_with_key(secret.encode(), b"{}", message_id="a", timestamp=NOW))
    for headers in forged:
        assert not ours.verify(secret, b"{}", headers, now=NOW)


# HTTP trims a header, and base64 holds no white space.
@pytest.mark.parametrize("name", sorted(SCHEMES.keys() - {"simplyprint", "standard-webhooks"}))
def test_white_space_around_a_secret_is_part_of_it(name: str) -> None:
    made = SCHEMES[name].sign(" secret ", b"{}", message_id="a", timestamp=NOW)
    assert SCHEMES[name].verify(" secret ", b"{}", made, now=NOW)
    assert not SCHEMES[name].verify("secret", b"{}", made, now=NOW)


@pytest.mark.parametrize("secret", [*ASCII, "whsec_", "whsec_ ", "whsec_=="])
@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])
def test_standard_webhooks_elsewhere(library: Callable[[str], object], secret: str) -> None:
    with pytest.raises(Exception, match="secret may not be empty"):
        library(secret)
    with pytest.raises(BlankSecret):
        scheme("standard-webhooks").sign(secret, b"{}", message_id="a", timestamp=NOW)


@pytest.mark.parametrize("secret", ASCII)
def test_stripe_elsewhere(secret: str) -> None:
    ours = scheme("stripe")
    assert isinstance(ours, Generic)
    forged = ours.sign_with_key(secret.encode(), b"{}", timestamp=NOW)["Stripe-Signature"]
    with pytest.raises(stripe.SignatureVerificationError, match="No webhook secret value was provided"):
        stripe.WebhookSignature.verify_header("{}", forged, secret, 300)
