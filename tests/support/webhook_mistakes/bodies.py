"""Bodies that were written again, or whose bytes changed."""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal

from tests.support.webhook_mistakes.senders import (
    ANEW,
    EDGE,
    GITHUB,
    PAYLOAD,
    SENDCLOUD,
    SHOPIFY,
    STRIPE,
    SVIX,
    Mistake,
    compact,
    dumps,
    parsed,
)

__all__ = ["BODIES"]


def _html(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _net(text: str) -> str:
    return re.sub("[&'<>+`\x7f-\uffff]", lambda c: f"\\u{ord(c[0]):04X}", text)


def _jackson(tree: object, depth: int = 0) -> str:
    """DefaultPrettyPrinter: objects on lines, lists on one."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(tree, dict):
        lines = [
            f"{inner}{json.dumps(k, ensure_ascii=False)} : {_jackson(v, depth + 1)}" for k, v in tree.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{outer}}}" if tree else "{ }"
    if isinstance(tree, list):
        return "[ " + ", ".join(_jackson(each, depth) for each in tree) + " ]" if tree else "[ ]"
    return json.dumps(tree, ensure_ascii=False)


def _rounded(body: bytes) -> bytes:
    """As JavaScript reads and writes numbers."""
    return re.sub(rb"(?<=:)\d{17,}", lambda n: str(int(Decimal(repr(float(n[0]))))).encode(), body)


BODIES = [
    Mistake("json-dumps", "the body was parsed and written by `json.dumps`", lambda: dumps(SHOPIFY), ANEW, "json.dumps's default spacing"),
    Mistake("json-dumps-compact", "… by `json.dumps` with `separators=(',', ':')`", lambda: dumps(SHOPIFY, separators=(",", ":")), ANEW, "without spaces"),
    Mistake("json-dumps-utf8", "… by `json.dumps` with `ensure_ascii=False`", lambda: dumps(SHOPIFY, ensure_ascii=False), ANEW, "json.dumps's default spacing"),
    Mistake("json-dumps-2", "… by `json.dumps` with `indent=2`", lambda: dumps(SHOPIFY, indent=2), ANEW, "indented by 2"),
    Mistake("json-dumps-4", "… by `json.dumps` with `indent=4`", lambda: dumps(SHOPIFY, indent=4), ANEW, "indented by 4"),
    Mistake("json-stringify", "… by `JSON.stringify` (express.json() before the verification)", lambda: SHOPIFY.request(compact().encode()), ANEW, "JSON.stringify"),
    Mistake("json-stringify-pretty", "… by `JSON.stringify(…, null, 2)`", lambda: dumps(SHOPIFY, indent=2, ensure_ascii=False), ANEW, "JSON.stringify(…, null, 2)"),
    Mistake("json-and-line-end", "… and a line end after it", lambda: SHOPIFY.request(json.dumps(parsed(SHOPIFY)).encode() + b"\n"), ANEW, "json.dumps's default"),
    Mistake("php-json-encode", "… by PHP's `json_encode`", lambda: SHOPIFY.request(json.dumps(parsed(SHOPIFY), separators=(",", ":")).replace("/", "\\/").encode()), ANEW, "PHP's json_encode"),
    Mistake("php-pretty", "… by PHP's `json_encode` with `JSON_PRETTY_PRINT`", lambda: SHOPIFY.request(json.dumps(parsed(SHOPIFY), indent=4).replace("/", "\\/").encode()), ANEW, "indented by 4"),
    Mistake("rails-to-json", "… by Rails' `to_json`, or Go's `json.Marshal` of a struct", lambda: SHOPIFY.request(_html(compact()).encode()), ANEW, "Go's json.Marshal"),
    Mistake("jackson-pretty", "… by Jackson's pretty printer", lambda: SHOPIFY.request(_jackson(parsed(SHOPIFY)).encode()), ANEW, "Jackson"),
    Mistake("system-text-json", "… by .NET's System.Text.Json", lambda: SHOPIFY.request(_net(compact()).encode()), ANEW, "System.Text.Json"),
    Mistake("stripe-stringify", "Stripe's event was parsed and written by `JSON.stringify`", lambda: STRIPE.request(compact(STRIPE).encode()), ANEW, "JSON.stringify"),
    Mistake("stripe-indent", "… by `json.dumps(indent=2)`, which closes empty objects", lambda: dumps(STRIPE, indent=2, ensure_ascii=False), ANEW, "indented by 2"),
    Mistake("github-dumps", "GitHub's JSON was parsed and written by `json.dumps`", lambda: dumps(GITHUB), ANEW, "json.dumps's default spacing"),
    Mistake("svix-pretty", "a Standard Webhooks body was written again, indented", lambda: dumps(SVIX, indent=2), ANEW, "indented by 2"),
    Mistake("sender-spacing", "the sender signs one spelling and sends another (`requests`' `json=`)", lambda: SENDCLOUD.request(signed=json.dumps(PAYLOAD).encode()), ANEW, "default spacing"),
    Mistake("sender-sorted", "the sender signs sorted keys and sends them as they were", lambda: SENDCLOUD.request(signed=json.dumps(PAYLOAD, sort_keys=True, separators=(",", ":")).encode()), ANEW, "sorted keys"),
    Mistake("sorted-keys", "the body was written again with sorted keys (`sort_keys`, Go's maps): their order is lost", lambda: dumps(SHOPIFY, sort_keys=True), "body-sorted-keys", "alphabetical", proven=False),
    Mistake("field-lost", "a typed model dropped a field before it was written again", lambda: SHOPIFY.request(json.dumps({**PAYLOAD, "note": None}).encode()), ANEW, "not written as shopify", proven=False),
    Mistake("rounded-numbers", "JavaScript rounded ids above 2^53", lambda: SENDCLOUD.request(_rounded(SENDCLOUD.body)), "body-rounded-numbers", "rounded", proven=False),
    Mistake("line-end-added", "an editor or `echo` added a line end", lambda: SHOPIFY.request(SHOPIFY.body + b"\n"), EDGE, "ends with a line end"),
    Mistake("line-end-lost", "the last line end was cut off (`$(…)`, `.trim()`)", lambda: SENDCLOUD.request(SENDCLOUD.body, signed=SENDCLOUD.body + b"\n"), EDGE, "missing here"),
    Mistake("crlf", "Windows turned LF into CRLF", lambda: STRIPE.request(STRIPE.body.replace(b"\n", b"\r\n")), EDGE, "CRLF here"),
    Mistake("lf", "CRLF became LF", lambda: STRIPE.request(signed=STRIPE.body.replace(b"\n", b"\r\n")), EDGE, "LF here"),
    Mistake("white-space", "white space around the body", lambda: GITHUB.request(b"  " + GITHUB.body + b" \n"), EDGE, "white space"),
    Mistake("zero-bytes", "a buffer that is longer than the body", lambda: GITHUB.request(GITHUB.body + bytes(40)), EDGE, "zero bytes"),
    Mistake("bom", "a byte order mark was put before it", lambda: GITHUB.request(b"\xef\xbb\xbf" + GITHUB.body), "body-charset", "byte order mark"),
    Mistake("mojibake", "UTF-8 was read as Latin-1 and encoded once more", lambda: GITHUB.request(GITHUB.body.decode("latin-1").encode()), "body-mojibake", "Latin-1"),
    Mistake("mojibake-windows", "… read as Windows-1252", lambda: STRIPE.request("für 5 €".encode().decode("cp1252").encode(), signed="für 5 €".encode()), "body-mojibake", "Latin-1"),
    Mistake("mojibake-signed", "the sender signed such text, and sent it right", lambda: GITHUB.request(signed=GITHUB.body.decode("latin-1").encode()), "body-mojibake", "what was signed"),
    Mistake("latin-1", "the text was encoded as Latin-1", lambda: GITHUB.request("{\"a\":\"für\"}".encode("latin-1"), signed="{\"a\":\"für\"}".encode()), "body-charset", "LATIN-1 here"),
    Mistake("utf-16", "the text was encoded as UTF-16", lambda: GITHUB.request(GITHUB.body.decode().encode("utf-16-le")), "body-charset", "UTF-16"),
    Mistake("nfd", "accents were decomposed (macOS, NFD)", lambda: GITHUB.request(unicodedata.normalize("NFD", GITHUB.body.decode()).encode()), "body-charset", "accents"),
    Mistake("replacement", "bytes were decoded with `errors=replace`", lambda: GITHUB.request(GITHUB.body.decode("ascii", "replace").encode()), "body-lossy", "U+FFFD", proven=False),
    Mistake("question-marks", "`Encoding.ASCII` turned letters into `?`", lambda: GITHUB.request(b'{"zen":"??? ???"}', signed='{"zen":"für Łódź"}'.encode()), "body-lossy", "??", proven=False),
]  # fmt: skip
