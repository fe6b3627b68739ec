"""Signatures, and their headers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote

from tests.support.webhook_mistakes.senders import (
    CLIENT_SECRET,
    GITHUB,
    MISENCODED,
    NOW,
    SENDCLOUD,
    SENDCLOUD_SECRET,
    SHOPIFY,
    SIMPLYPRINT,
    STRIPE,
    SVIX,
    SVIX_SECRET,
    Mistake,
    b64,
    mac,
    own,
    svix,
)

__all__ = ["SIGNATURES"]

_PLUS = SHOPIFY.encode({"n": next(n for n in range(100) if "+" in b64(mac(CLIENT_SECRET, SHOPIFY.encode({"n": n}))) and "/" in b64(mac(CLIENT_SECRET, SHOPIFY.encode({"n": n}))))})  # fmt: skip


PLUS = replace(SHOPIFY, body=_PLUS)


SIGNATURES = [
    Mistake("hex-for-base64", "hexadecimal digits where base64 is wanted", lambda: SHOPIFY.request(headers=own(bytes.hex)), MISENCODED, "it is hex"),
    Mistake("base64-for-hex", "base64 where hexadecimal digits are wanted", lambda: SENDCLOUD.request(headers={"Sendcloud-Signature": b64(mac(SENDCLOUD_SECRET, SENDCLOUD.body))}), MISENCODED, "it is base64"),
    Mistake("url-safe", "URL-safe base64", lambda: PLUS.value(lambda v: v.replace("+", "-").replace("/", "_")), MISENCODED, "base64url"),
    Mistake("capital-hex", "hexadecimal digits in capitals", lambda: SENDCLOUD.value(str.upper), MISENCODED, "capital"),
    Mistake("no-padding", "base64 without `=`", lambda: SHOPIFY.value(lambda v: v.rstrip("=")), MISENCODED, "padding"),
    Mistake("plus-to-space", "each `+` became a space", lambda: PLUS.value(lambda v: v.replace("+", " ")), MISENCODED, "space"),
    Mistake("percent-escapes", "a URL's escapes in it", lambda: PLUS.value(lambda v: quote(v, safe="")), MISENCODED, "escapes"),
    Mistake("no-prefix", "`sha256=` is missing", lambda: GITHUB.value(lambda v: v.removeprefix("sha256=")), MISENCODED, "prefix `sha256=` is missing"),
    Mistake("prefix-twice", "`sha256=` is there twice", lambda: GITHUB.value(lambda v: "sha256=" + v), MISENCODED, "twice"),
    Mistake("other-prefix", "`hmac-sha256=` in place of `sha256=`", lambda: GITHUB.value(lambda v: "hmac-" + v), MISENCODED, "instead of"),
    Mistake("prefix-for-none", "a prefix where none is wanted", lambda: SHOPIFY.value(lambda v: "sha256=" + v), MISENCODED, "stands before it"),
    Mistake("svix-no-prefix", "`v1,` is missing", lambda: SVIX.value(lambda v: v.removeprefix("v1,")), MISENCODED, "prefix `v1,` is missing"),
    Mistake("svix-equals", "`v1=` in place of `v1,`", lambda: SVIX.value(lambda v: v.replace("v1,", "v1=")), MISENCODED, "instead of `v1,`"),
    Mistake("signature-quotes", "quotes around it", lambda: SHOPIFY.value(lambda v: f'"{v}"'), MISENCODED, "quotes"),
    Mistake("signature-repr", "Python's `b'…'` of it", lambda: SHOPIFY.value(lambda v: str(v.encode())), MISENCODED, "b'…'"),
    Mistake("base64-of-hex", "the hexadecimal digits in base64", lambda: SHOPIFY.request(headers=own(lambda d: b64(d.hex().encode()))), MISENCODED, "base64 once more"),
    Mistake("base64-twice", "base64 of the base64", lambda: SHOPIFY.value(lambda v: b64(v.encode())), MISENCODED, "base64 once more"),
    Mistake("header-array", "the header's list of values as JSON (Node.js frameworks)", lambda: STRIPE.value(lambda v: json.dumps([v])), MISENCODED, "quotes or brackets"),
    Mistake("header-line", "the whole line, with the header's name", lambda: GITHUB.value(lambda v: f"X-Hub-Signature-256: {v}"), MISENCODED, "stands around it"),
    Mistake("separated-hex", ".NET's `BitConverter.ToString`: `A1-B2-…`", lambda: SENDCLOUD.value(lambda v: "-".join(re.findall("..", v.upper()))), MISENCODED, "separators"),
    Mistake("hex-0x", "`0x` before it", lambda: SENDCLOUD.value(lambda v: "0x" + v), MISENCODED, "0x"),
    Mistake("truncated", "a column or a log cut it off", lambda: GITHUB.value(lambda v: v[:40]), "wrong-length-signature", "truncated"),
    Mistake("longer", "something stands behind it", lambda: GITHUB.value(lambda v: v + "x;"), "wrong-length-signature", "too long"),
    Mistake("header-twice", "a proxy adds the header once more", lambda: replace(SHOPIFY.request(), headers=tuple(SHOPIFY.request().headers) * 2), "doubled-header", "2 times"),
    Mistake("value-twice", "a proxy joined two headers", lambda: SHOPIFY.value(lambda v: f"{v}, {v}"), "doubled-header", "twice"),
    Mistake("header-cut", "Stripe's header was split at its comma", lambda: STRIPE.value(lambda v: v.split(",")[0]), "header-cut", "cut at a comma", proven=False),
    Mistake("no-time", "only the `v1=…` of Stripe's header", lambda: STRIPE.value(lambda v: v.split(",")[1]), "no-time-or-id", "no time"),
    Mistake("no-header", "a proxy drops the header", lambda: SHOPIFY.request(headers={"Content-Type": "application/json"}), "no-signature", "there is no"),
    Mistake("empty-header", "the header is empty", lambda: SHOPIFY.value(lambda _: ""), "no-signature", "there is no"),
    Mistake("renamed-header", "the header has another name", lambda: SHOPIFY.request(headers={"X-Signature": b64(mac(CLIENT_SECRET, SHOPIFY.body))}), "other-header", "x-signature"),
    Mistake("renamed-family", "id, time and signature under a proxy's names", lambda: SVIX.request(headers=svix(SVIX_SECRET, SVIX.body, NOW, prefix="x-hook")), "other-header", "x-hook"),
    Mistake("signature-undefined", "the text `undefined` in the header", lambda: SHOPIFY.value(lambda _: "undefined"), "signature-undefined", "undefined", proven=False),
    Mistake("not-a-digest", "something else in the header", lambda: SHOPIFY.value(lambda _: "Basic dXNlcjpwYXNz"), "not-a-signature", "length of a digest", proven=False),
    Mistake("token-quotes", "SimplyPrint's token in quotes", lambda: SIMPLYPRINT.value(lambda v: f'"{v}"'), MISENCODED, "quotes"),
    Mistake("token-cut", "SimplyPrint's token cut off", lambda: SIMPLYPRINT.value(lambda v: v[:20]), "wrong-length-signature", "truncated"),
]  # fmt: skip
