"""What is signed and when; two mistakes at once; what nothing explains."""

from __future__ import annotations

import base64
import hashlib
import json

from tests.support.webhook_mistakes.senders import (
    ANEW,
    EDGE,
    GITHUB,
    HUB_SECRET,
    NOW,
    OTHER,
    PAYLOAD,
    SECRET_MORE,
    SENDCLOUD,
    SHOPIFY,
    SLACK_BODY,
    SLACK_SECRET,
    SLACKS,
    STRIPE,
    STRIPE_SECRET,
    SVIX,
    SVIX_KEY,
    SVIX_SECRET,
    Mistake,
    b64,
    compact,
    mac,
    own,
    parsed,
    slack,
    stripe,
    stripe_of,
    stripe_with,
    svix,
)

__all__ = ["CONTENTS", "NOTHING", "TWO"]

CONTENTS = [
    Mistake("sha1", "HMAC-SHA1 in place of SHA-256", lambda: SENDCLOUD.digest(lambda s, b: mac(s, b, "sha1")), "other-algorithm", "sha1"),
    Mistake("sha512", "HMAC-SHA512", lambda: SHOPIFY.digest(lambda s, b: mac(s, b, "sha512")), "other-algorithm", "sha512"),
    Mistake("md5", "HMAC-MD5", lambda: SENDCLOUD.digest(lambda s, b: mac(s, b, "md5")), "other-algorithm", "md5"),
    Mistake("github-sha1", "only GitHub's old `X-Hub-Signature` was passed on", lambda: GITHUB.request(headers={"X-Hub-Signature": f"sha1={mac(HUB_SECRET, GITHUB.body, 'sha1').hex()}"}), "other-algorithm", "x-hub-signature"),
    Mistake("sha3", "SHA3-256", lambda: SENDCLOUD.digest(lambda s, b: mac(s, b, "sha3_256")), "other-algorithm", "sha3"),
    Mistake("plain-hash", "a hash of the body, without the secret", lambda: SENDCLOUD.digest(lambda _, b: hashlib.sha256(b).digest()), "plain-hash", "of the body"),
    Mistake("hash-of-both", "a hash of secret and body", lambda: SENDCLOUD.digest(lambda s, b: hashlib.sha256(s.encode() + b).digest()), "plain-hash", "the secret and the body"),
    Mistake("hash-of-both-reversed", "a hash of body and secret", lambda: SHOPIFY.digest(lambda s, b: hashlib.sha256(b + s.encode()).digest()), "plain-hash", "the body and the secret"),
    Mistake("swapped", "the body as the key, the secret as the message", lambda: SENDCLOUD.digest(lambda s, b: mac(b, s.encode())), "swapped-secret-and-body", "swapped"),
    Mistake("body-alone", "Stripe's body without its time", lambda: STRIPE.request(headers={"Stripe-Signature": f"t={NOW},v1={mac(STRIPE_SECRET, STRIPE.body).hex()}"}), "other-content", "the body alone"),
    Mistake("no-separator", "time and body with nothing between them", lambda: STRIPE.request(headers=stripe_with(STRIPE_SECRET.encode(), join=b"")), "other-content", "nothing between"),
    Mistake("colon", "time and body with a colon between them", lambda: STRIPE.request(headers=stripe_with(STRIPE_SECRET.encode(), join=b":")), "other-content", "colon"),
    Mistake("wrong-way-round", "body and time the wrong way round", lambda: STRIPE.request(headers={"Stripe-Signature": f"t={NOW},v1={mac(STRIPE_SECRET, STRIPE.body + f'.{NOW}'.encode()).hex()}"}), "other-content", "wrong way round"),
    Mistake("svix-no-id", "Standard Webhooks without the id", lambda: SVIX.request(headers={**svix(SVIX_SECRET, SVIX.body, NOW), "webhook-signature": "v1," + b64(mac(SVIX_KEY, f"{NOW}.".encode() + SVIX.body))}), "other-content", "time and body"),
    Mistake("slack-no-version", "Slack's without `v0:`", lambda: SLACKS.request(headers={**slack(SLACK_SECRET, SLACK_BODY, NOW), "X-Slack-Signature": "v0=" + mac(SLACK_SECRET, f"{NOW}:".encode() + SLACK_BODY).hex()}), "other-content", "colon"),
    Mistake("nothing-signed", "an HMAC of an empty body (the stream had been read)", lambda: SENDCLOUD.digest(lambda s, _: mac(s, b"")), "other-content", "nothing at all"),
    Mistake("undefined-signed", "the sender signs `undefined`", lambda: STRIPE.request(headers=stripe_of(b"undefined")), "other-content", "`undefined`"),
    Mistake("empty-signed", "… or nothing behind the time", lambda: STRIPE.request(headers=stripe_of(b"")), "other-content", "an empty body"),
    Mistake("object-signed", "… or `[object Object]`", lambda: SENDCLOUD.request(signed=b"[object Object]"), "other-content", "[object Object]"),
    Mistake("repr-signed", "… or Python's `b'…'` of the body", lambda: SENDCLOUD.request(signed=str(SENDCLOUD.body).encode()), "other-content", "b'…'"),
    Mistake("dict-signed", "… or `str(dict)`", lambda: SENDCLOUD.request(signed=str(PAYLOAD).encode()), "other-content", "parsed body"),
    Mistake("base64-signed", "… or the body in base64", lambda: SENDCLOUD.request(signed=base64.b64encode(SENDCLOUD.body)), "other-content", "in base64"),
    Mistake("hash-signed", "… or a hash of the body", lambda: SENDCLOUD.request(signed=hashlib.sha256(SENDCLOUD.body).hexdigest().encode()), "other-content", "SHA-256"),
    Mistake("milliseconds", "the time in milliseconds", lambda: SVIX.request(then=NOW * 1000), "time-in-other-unit", "milliseconds"),
    Mistake("milliseconds-signed", "milliseconds are signed, and seconds sent", lambda: SVIX.request(headers={**svix(SVIX_SECRET, SVIX.body, NOW * 1000), "webhook-timestamp": str(NOW)}), "time-in-other-unit", "milliseconds"),
    Mistake("too-old", "a webhook of an hour ago (a replay, or a queue)", lambda: STRIPE.request(then=NOW - 4000), "out-of-time", "ago"),
    Mistake("too-new", "a clock that is fast", lambda: SLACKS.request(then=NOW + 900), "out-of-time", "in the future"),
    Mistake("local-time", "a local time taken for UTC", lambda: STRIPE.request(then=NOW + 7200), "out-of-time", "used as UTC"),
    Mistake("wrong-provider", "another provider's webhook", lambda: SHOPIFY.request(headers=stripe(STRIPE_SECRET, SHOPIFY.body, NOW)), "other-provider", "stripe", proven=False),
]  # fmt: skip


TWO = [
    Mistake("anew-and-hex", "JSON written again, and hexadecimal digits", lambda: SHOPIFY.request(json.dumps(parsed(SHOPIFY)).encode(), headers=own(bytes.hex)), ANEW, "it is hex"),
    Mistake("line-ends-both", "a line end after the secret, and one after the body", lambda: GITHUB.request(GITHUB.body + b"\n", secret=f"{HUB_SECRET}\n"), EDGE, "white space"),
    Mistake("gateway-and-secret", "base64 of the body, and a secret without `whsec_`", lambda: STRIPE.request(base64.b64encode(STRIPE.body), secret=STRIPE_SECRET.removeprefix("whsec_")), "body-base64", "`whsec_`"),
    Mistake("anew-and-secret", "JSON written again, and another secret of this clone", lambda: SHOPIFY.request(compact().encode(), signed_with=OTHER, others={"OTHER_SECRET": OTHER}), ANEW, "OTHER_SECRET"),
    Mistake("anew-and-body-alone", "JSON written again, and Stripe's time left out", lambda: STRIPE.request(compact(STRIPE).encode(), headers={"Stripe-Signature": f"t={NOW},v1={mac(STRIPE_SECRET, STRIPE.body).hex()}"}), ANEW, "the body alone"),
    Mistake("sha1-and-secret", "HMAC-SHA1 with quotes around the secret", lambda: GITHUB.request(secret=f'"{HUB_SECRET}"', headers={"X-Hub-Signature-256": f"sha1={mac(HUB_SECRET, GITHUB.body, 'sha1').hex()}"}), SECRET_MORE, "sha1"),
]  # fmt: skip


NOTHING = [
    Mistake("unknown-secret", "a secret that nobody has here", lambda: SENDCLOUD.request(signed_with="of-nobody"), "body-or-secret", "unsure", proven=False),
    Mistake("other-endpoint", "the secret of another endpoint, or of the other mode", lambda: STRIPE.request(signed_with="whsec_OfAnotherEndpoint0123456789ab"), "body-or-secret", "unsure", proven=False),
    Mistake("changed-value", "a value was changed on its way", lambda: GITHUB.request(GITHUB.body.replace(b"Vase", b"vase")), "body-or-secret", "unsure", proven=False),
]  # fmt: skip
