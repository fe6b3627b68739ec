"""Secrets."""

from __future__ import annotations

import base64
import hmac

from tests.support.webhook_mistakes.senders import (
    CLIENT_SECRET,
    GITHUB,
    HUB_SECRET,
    NOW,
    OTHER,
    SECRET_MORE,
    SENDCLOUD,
    SENDCLOUD_SECRET,
    SHOPIFY,
    SLACKS,
    STRIPE,
    STRIPE_SECRET,
    SVIX,
    SVIX_SECRET,
    Mistake,
    b64,
    mac,
    stripe_with,
    svix,
)

__all__ = ["SECRETS"]

SECRETS = [
    Mistake("no-secret", "the receiver has no secret", lambda: SHOPIFY.request(secret=" "), "no-secret", "blank"),
    Mistake("secret-line-end", "the secret was read from a file with its line end", lambda: SHOPIFY.request(secret=f"{CLIENT_SECRET}\n"), SECRET_MORE, "white space"),
    Mistake("secret-line-end-signed", "the sender's secret has a line end (`echo secret | base64`)", lambda: SENDCLOUD.request(signed_with=f"{SENDCLOUD_SECRET}\n"), "secret-with-less", "line end"),
    Mistake("secret-quotes", "quotes from an .env file", lambda: SHOPIFY.request(secret=f'"{CLIENT_SECRET}"'), SECRET_MORE, "quotes"),
    Mistake("secret-spaces", "spaces from copying", lambda: GITHUB.request(secret=f" {HUB_SECRET} "), SECRET_MORE, "white space"),
    Mistake("secret-bom", "a byte order mark before it", lambda: GITHUB.request(secret=f"\ufeff{HUB_SECRET}"), SECRET_MORE, "byte order mark"),
    Mistake("secret-assignment", "the whole line of the .env file", lambda: STRIPE.request(secret=f"STRIPE_WEBHOOK_SECRET={STRIPE_SECRET}"), SECRET_MORE, "variable's name"),
    Mistake("secret-escaped-line-end", "a `\\n` of two characters after it", lambda: STRIPE.request(secret=f"{STRIPE_SECRET}\\n"), SECRET_MORE, "escaped line end"),
    Mistake("secret-twice", "it was pasted twice", lambda: SENDCLOUD.request(secret=SENDCLOUD_SECRET * 2), SECRET_MORE, "once more"),
    Mistake("secret-bearer", "`Bearer` before it", lambda: SENDCLOUD.request(secret=f"Bearer {SENDCLOUD_SECRET}"), SECRET_MORE, "Bearer"),
    Mistake("secret-repr", "`str(secret)` of Python's bytes", lambda: GITHUB.request(secret=str(HUB_SECRET.encode())), SECRET_MORE, "b'…'"),
    Mistake("secret-stripe-forward", "for Stripe, the `ws_…` that a forwarding tool shows", lambda: STRIPE.request(secret="ws_1NkYabcdefgh"), "secret-of-other-kind", "whsec_", proven=False),
    Mistake("secret-v1", "`v1,whsec_…` as Supabase shows it", lambda: SVIX.request(secret=f"v1,{SVIX_SECRET}"), SECRET_MORE, "`v1,`"),
    Mistake("secret-of-other", "another secret of this clone", lambda: SENDCLOUD.request(signed_with=OTHER, others={"OTHER_SECRET": OTHER}), "other-secret", "OTHER_SECRET"),
    Mistake("secret-previous", "the previous secret still signs", lambda: SENDCLOUD.request(signed_with=OTHER, others={"THE_SECRET_PREVIOUS": OTHER}), "previous-secret", "previous"),
    Mistake("secret-newer", "the newer secret signs already", lambda: SENDCLOUD.request(signed_with=OTHER, others={"THE_SECRET": OTHER}, secret_name="THE_SECRET_PREVIOUS"), "newer-secret", "newer"),
    Mistake("whsec-missing", "Stripe's secret without `whsec_`", lambda: STRIPE.request(secret=STRIPE_SECRET.removeprefix("whsec_")), "secret-without-prefix", "`whsec_`"),
    Mistake("shpss-missing", "Shopify's secret without `shpss_`", lambda: SHOPIFY.request(secret=CLIENT_SECRET.removeprefix("shpss_")), "secret-without-prefix", "`shpss_`"),
    Mistake("stripe-decoded", "Stripe's secret was decoded from base64, as Svix's is", lambda: STRIPE.request(headers=stripe_with(base64.b64decode(STRIPE_SECRET.removeprefix("whsec_")))), "secret-decoding", "base64-decoded"),
    Mistake("svix-not-decoded", "Svix's secret was not decoded from base64", lambda: SVIX.request(headers=svix("", SVIX.body, NOW, SVIX_SECRET.removeprefix("whsec_").encode())), "secret-decoding", "behind whsec_"),
    Mistake("svix-whole-text", "Svix's secret with `whsec_` as the key", lambda: SVIX.request(headers=svix("", SVIX.body, NOW, SVIX_SECRET.encode())), "secret-decoding", "the text itself"),
    Mistake("secret-hex-decoded", "the secret's hexadecimal digits were decoded", lambda: SENDCLOUD.digest(lambda s, b: mac(bytes.fromhex(s), b)), "secret-decoding", "hexadecimal"),
    Mistake("secret-base64-encoded", "the secret was encoded in base64 first (Kubernetes' Secret)", lambda: GITHUB.digest(lambda s, b: mac(b64(s.encode()), b)), "secret-decoding", "base64-encoded"),
    Mistake("secret-here-base64", "what is here is the secret in base64", lambda: GITHUB.request(secret=b64(HUB_SECRET.encode())), "secret-decoding", "base64-decoded"),
    Mistake("secret-upper-case", "the secret in capitals", lambda: SENDCLOUD.request(secret=SENDCLOUD_SECRET.upper()), "secret-letter-case", "small letters"),
    Mistake("sender-without-secret", "the sender had an empty secret", lambda: SENDCLOUD.request(headers={"Sendcloud-Signature": hmac.new(b"", SENDCLOUD.body, "sha256").hexdigest()}), "sender-without-secret", "empty key"),
    Mistake("secret-admin-token", "an access token of Shopify's Admin API as the secret", lambda: SHOPIFY.request(secret="shpat_0123456789abcdef0123456789abcdef"), "secret-of-other-kind", "access token", proven=False),
    Mistake("secret-api-key", "Stripe's API key as the secret", lambda: STRIPE.request(secret="sk_test_51H8abcdEFGHijklMNOPqrst"), "secret-of-other-kind", "API key", proven=False),
    Mistake("secret-publishable", "Stripe's publishable key as the secret", lambda: STRIPE.request(secret="pk_live_51H8abcdEFGHijklMNOPqrst"), "secret-of-other-kind", "publishable", proven=False),
    Mistake("secret-restricted", "Stripe's restricted key as the secret", lambda: STRIPE.request(secret="rk_live_51H8abcdEFGHijklMNOPqrst"), "secret-of-other-kind", "restricted", proven=False),
    Mistake("secret-endpoint-id", "the endpoint's id (`we_…`) as the secret", lambda: STRIPE.request(secret="we_1H8abcdEFGHijklMNOPqrst"), "secret-of-other-kind", "endpoint", proven=False),
    Mistake("secret-github-token", "a token of GitHub as the secret", lambda: GITHUB.request(secret="ghp_0123456789abcdefghijABCDEFGHIJ012345"), "secret-of-other-kind", "token", proven=False),
    Mistake("secret-slack-token", "a bot token of Slack as the signing secret", lambda: SLACKS.request(secret="xoxb-123456789012-1234567890123-abc"), "secret-of-other-kind", "bot token", proven=False),
    Mistake("secret-of-stripe", "a `whsec_…` for Shopify", lambda: SHOPIFY.request(secret="whsec_abcdefghijklmnopqrstuvwx"), "secret-of-other-kind", "not one of shopify", proven=False),
    Mistake("secret-not-whsec", "for Stripe, what does not begin with `whsec_`", lambda: STRIPE.request(secret="a-password-of-somebody"), "secret-of-other-kind", "whsec_", proven=False),
    Mistake("secret-url", "the webhook's URL as the secret", lambda: GITHUB.request(secret="https://example.com/hooks/github"), "secret-is-url", "URL", proven=False),
    Mistake("secret-placeholder", "`your_webhook_secret_here`", lambda: SHOPIFY.request(secret="your_webhook_secret_here"), "secret-is-placeholder", "placeholder", proven=False),
    Mistake("secret-variable", "`${WEBHOOK_SECRET}` that nothing replaced", lambda: SHOPIFY.request(secret="${WEBHOOK_SECRET}"), "secret-is-variable", "variable", proven=False),
    Mistake("secret-masked", "a secret that was copied masked", lambda: STRIPE.request(secret="whsec_••••••••••••"), "secret-is-masked", "masked", proven=False),
]  # fmt: skip
