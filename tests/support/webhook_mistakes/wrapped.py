"""Bodies that were wrapped, decoded or not read."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import zlib
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

from tests.support.webhook_mistakes.senders import (
    FORM,
    GITHUB,
    SENDCLOUD,
    SHOPIFY,
    SLACK_BODY,
    SLACKS,
    STRIPE,
    Mistake,
    b64,
    compact,
    parsed,
)

__all__ = ["WRAPPED"]


def _chunks(body: bytes, size: int = 64) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _envelope(body: bytes, coded: bool) -> bytes:
    return json.dumps(
        {
            "version": "2.0",
            "headers": {"host": "x"},
            "body": b64(body) if coded else body.decode(),
            "isBase64Encoded": coded,
        }
    ).encode()


WRAPPED = [
    Mistake("gzip", "the body is still compressed by gzip", lambda: SHOPIFY.request(gzip.compress(SHOPIFY.body)), "body-compressed", "gzip"),
    Mistake("gzip-as-text", "… and was decoded as Latin-1", lambda: SHOPIFY.request(gzip.compress(SHOPIFY.body).decode("latin-1").encode()), "body-compressed", "gzip"),
    Mistake("deflate", "… by deflate", lambda: SHOPIFY.request(zlib.compress(SHOPIFY.body)), "body-compressed", "deflate"),
    Mistake("brotli", "… by brotli", lambda: SHOPIFY.request(b"\x1b\x3f\x00\xf8%\x00\xe2\xa0", more={"Content-Encoding": "br"}), "body-compressed", "br", proven=False),
    Mistake("base64-body", "API Gateway gave the body in base64", lambda: STRIPE.request(base64.b64encode(STRIPE.body)), "body-base64", "base64"),
    Mistake("gzip-base64", "… and compressed", lambda: STRIPE.request(base64.b64encode(gzip.compress(STRIPE.body))), "body-base64", "gzip"),
    Mistake("json-twice", "the body is JSON in a JSON string", lambda: SHOPIFY.request(json.dumps(SHOPIFY.body.decode()).encode()), "body-json-twice", "twice"),
    Mistake("stringify-twice", "`JSON.stringify` of what is a text already, and of another spelling", lambda: SHOPIFY.request(json.dumps(compact()).encode()), "body-json-twice", "twice"),
    Mistake("python-bytes", "`str(body)` of Python's bytes", lambda: SHOPIFY.request(str(SHOPIFY.body).encode()), "body-python-repr", "b'…'"),
    Mistake("python-dict", "`str(dict)` in place of JSON", lambda: SHOPIFY.request(str(parsed(SHOPIFY)).encode()), "body-python-repr", "dict"),
    Mistake("buffer-json", "a Node.js Buffer in `JSON.stringify`", lambda: STRIPE.request(json.dumps({"type": "Buffer", "data": list(STRIPE.body)}).encode()), "body-buffer", "Buffer"),
    Mistake("buffer-log", "a Buffer as `console.log` shows it", lambda: STRIPE.request(("<Buffer " + STRIPE.body[:50].hex(" ") + " ... 300 more bytes>").encode()), "body-buffer", "50 bytes", proven=False),
    Mistake("object-object", "`String(req.body)` of an object", lambda: STRIPE.request(b"[object Object]"), "body-object", "[object Object]", proven=False),
    Mistake("undefined", "`req.rawBody` that nothing sets", lambda: STRIPE.request(b"undefined"), "body-undefined", "undefined", proven=False),
    Mistake("empty-object", "a parser that was not set up gives `{}`", lambda: SHOPIFY.request(b"{}"), "body-undefined", "{}", proven=False),
    Mistake("empty", "the stream was read before", lambda: SHOPIFY.request(b""), "body-empty", "empty", proven=False),
    Mistake("cut", "only the first part was read (Content-Length says more)", lambda: SHOPIFY.request(SHOPIFY.body[:100], more={"Content-Length": str(len(SHOPIFY.body))}), "body-cut", "Content-Length", proven=False),
    Mistake("cut-json", "only the first part was read", lambda: SHOPIFY.request(SHOPIFY.body[:100]), "body-cut", "ends in the middle", proven=False),
    Mistake("envelope", "the whole event of a function's platform in place of its `body`", lambda: SHOPIFY.request(_envelope(SHOPIFY.body, coded=False)), "body-envelope", "envelope"),
    Mistake("envelope-base64", "… with the body in base64", lambda: SHOPIFY.request(_envelope(SHOPIFY.body, coded=True)), "body-envelope", "envelope"),
    Mistake("wrapped-object", "the JSON inside another object", lambda: SHOPIFY.request(b'{"payload": ' + SHOPIFY.body + b"}"), "body-envelope", "object around"),
    Mistake("chunk-sizes", "the sizes of a chunked transfer are in it", lambda: SHOPIFY.request(_chunks(SHOPIFY.body)), "body-chunked", "chunked"),
    Mistake("html-escaped", "`htmlspecialchars` of it", lambda: GITHUB.request(html.escape(GITHUB.body.decode()).encode()), "body-escaped", "HTML"),
    Mistake("add-slashes", "`addslashes` of it", lambda: SENDCLOUD.request(SENDCLOUD.body.replace(b'"', b'\\"')), "body-escaped", "backslash"),
    Mistake("form-json", "GitHub sends a form, and the JSON in it was verified", lambda: GITHUB.request(GITHUB.body, signed=FORM), "body-form", "`payload=…`"),
    Mistake("form-for-json", "the JSON was signed, and a form came", lambda: GITHUB.request(FORM, signed=GITHUB.body), "body-form", "field `payload`"),
    Mistake("form-written-anew", "a form was parsed and written with `%20` in place of `+`", lambda: SLACKS.request(urlencode(parse_qsl(SLACK_BODY.decode()), quote_via=quote).encode()), "body-form", "written again"),
    Mistake("form-lower-hex", "… with small hexadecimal digits", lambda: SLACKS.request(re.sub(rb"%..", lambda e: e[0].lower(), SLACK_BODY)), "body-form", "written again"),
    Mistake("form-decoded", "… without its escapes", lambda: SLACKS.request(b"a=1&b=x%20y&c=2", signed=b"a=1&b=x+y&c=2"), "body-form", "written again"),
    Mistake("form-as-json", "Slack's form was parsed and written as JSON", lambda: SLACKS.request(json.dumps(dict(parse_qsl(SLACK_BODY.decode()))).encode()), "body-form", "fields as JSON"),
    Mistake("form-payload-as-json", "… GitHub's, with its JSON as a text", lambda: GITHUB.request(json.dumps(dict(parse_qsl(FORM.decode()))).encode(), signed=FORM), "body-form", "fields as JSON"),
    Mistake("print-r", "PHP's `print_r($_POST)`", lambda: SLACKS.request(b"Array\n(\n    [token] => x1\n)\n"), "body-object", "description of an object", proven=False),
    Mistake("form-key", "JSON was parsed as a form: all of it is a field's name", lambda: SHOPIFY.request(quote_plus(SHOPIFY.body).encode() + b"="), "body-form", "parsed as a form"),
    Mistake("hex-body", "the body in hexadecimal digits", lambda: GITHUB.request(GITHUB.body.hex().encode()), "body-base64", "hexadecimal"),
]  # fmt: skip
