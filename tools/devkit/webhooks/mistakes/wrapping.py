"""What a body may be wrapped in by the time it is verified: compressed, encoded, decoded or written as another text."""

from __future__ import annotations

import ast
import base64
import html
import json
import re
import zlib
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote_to_bytes

from devkit.webhooks.mistakes.model import Step, Variant

__all__ = ["RAW", "is_utf8", "unwrapped"]

RAW = "verify the raw bytes, before anything parses, decodes or re-encodes them"

_MOST = 32 * 2**20  # bytes that a compressed body may become

_BUFFER = re.compile(r"<Buffer ((?:[0-9a-f]{2} ?)+)>")

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r?\n")

Unwrap = Callable[[bytes], bytes | None]


def unwrapped(body: bytes) -> list[Variant]:
    """What is inside, up to two layers deep: compressed, base64, a text in a text …"""
    found: list[Variant] = []
    layer = [Variant(body)]
    for _ in range(2):
        deeper = []
        for outer in layer:
            for name, says, unwrap in _WRAPPINGS:
                inner = _tried(unwrap, outer.value)
                if inner is not None and inner not in (body, outer.value):
                    deeper.append(Variant(inner, (*outer.steps, Step(name, says, RAW))))
        found += deeper
        layer = deeper
    return found


def _tried(unwrap: Unwrap, body: bytes) -> bytes | None:
    try:
        return unwrap(body)
    except (ValueError, LookupError, RecursionError, SyntaxError, MemoryError, EOFError, OSError, zlib.error):
        return None


def _gunzip(body: bytes) -> bytes | None:
    if body[:3] == b"\x1f\xc2\x8b":  # which was decoded as Latin-1, and encoded again
        body = _as_latin(body.decode())
    return zlib.decompressobj(31).decompress(body, _MOST) if body[:2] == b"\x1f\x8b" else None


def _inflate(body: bytes) -> bytes | None:
    if body[:1] in (b"{", b"[", b'"'):
        return None
    try:
        return zlib.decompressobj(15).decompress(body, _MOST) or None
    except zlib.error:
        return zlib.decompressobj(-15).decompress(body, _MOST) or None


def _base64(body: bytes) -> bytes | None:
    text = body.strip().replace(b"-", b"+").replace(b"_", b"/").replace(b"\n", b"").replace(b"\r", b"")
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True) if len(text) > 3 else None


def _hex(body: bytes) -> bytes | None:
    return bytes.fromhex(body.decode("ascii")) if len(body) > 3 else None


def _text_in_text(body: bytes) -> bytes | None:
    inner = json.loads(body) if body.lstrip()[:1] == b'"' else None
    return inner.encode("utf-8", "surrogatepass") if isinstance(inner, str) else None


def _python_bytes(body: bytes) -> bytes | None:
    text = body.decode().strip()
    inner = ast.literal_eval(text) if text[:2] in ("b'", 'b"') else None
    return inner if isinstance(inner, bytes) else None


def _python_dict(body: bytes) -> bytes | None:
    text = body.decode().strip()
    inner = ast.literal_eval(text) if text[:2] in ("{'", "[{") else None
    return json.dumps(inner, separators=(",", ":"), ensure_ascii=False).encode() if inner else None


def _buffer(body: bytes) -> bytes | None:
    if found := _BUFFER.fullmatch(body.decode().strip()):
        return bytes.fromhex(found[1])
    parsed = json.loads(body)
    if isinstance(parsed, dict) and parsed.get("type") == "Buffer" and isinstance(parsed.get("data"), list):
        return bytes(parsed["data"])
    return None


def _envelope(body: bytes) -> bytes | None:
    """What AWS Lambda, another platform of functions or a queue puts around it."""
    parsed = json.loads(body)
    if not isinstance(parsed, dict):
        return None
    for key in ("body", "rawBody", "raw_body", "data", "payload", "Message"):
        inner = parsed.get(key)
        if isinstance(inner, str) and inner:
            coded = parsed.get("isBase64Encoded") is True
            return base64.b64decode(inner) if coded else inner.encode("utf-8", "surrogatepass")
    return None


def _inner_json(body: bytes) -> bytes | None:
    """The same with an object in it: its text, out of the text around it."""
    text = body.decode()
    found = re.match(r'\s*\{\s*"(?:body|data|payload|event)"\s*:\s*(?=\{)', text)
    if not found:
        return None
    _, end = json.JSONDecoder().raw_decode(text, found.end())
    return text[found.end() : end].encode()


def _form(body: bytes) -> bytes | None:
    for name, value in parse_qsl(body.decode(), keep_blank_values=True) if b"=" in body[:100] else ():
        if name == "payload":
            return value.encode()
    return None


def _form_key(body: bytes) -> bytes | None:
    """A JSON body that was parsed as a form: it is the name of a field without a value."""
    return (
        unquote_to_bytes(body.removesuffix(b"=").replace(b"+", b" "))
        if body[:3] in (b"%7B", b"%7b")
        else None
    )


def _dechunked(body: bytes) -> bytes | None:
    whole, place = b"", 0
    while found := _CHUNK.match(body, place):
        size = int(found[1], 16)
        if not size:
            return whole or None
        whole += body[found.end() : found.end() + size]
        place = found.end() + size
        place += len(body[place : place + 2]) - len(body[place : place + 2].lstrip(b"\r\n"))
    return None


def _mojibake(body: bytes) -> bytes | None:
    inner = _as_latin(body.decode())
    return inner if is_utf8(inner) else None


def _as_latin(text: str) -> bytes:
    """A text as the bytes of Western characters: Windows' where it has one, Latin-1's for the others."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b"".join(
            c.encode("cp1252") if c.encode("cp1252", "ignore") else c.encode("latin-1") for c in text
        )


def _backslashes(body: bytes) -> bytes | None:
    return re.sub(rb"\\(.)", rb"\1", body, flags=re.DOTALL) if body[:3] in (b'{\\"', b"[{\\") else None


def _unescaped(body: bytes) -> bytes | None:
    return (
        html.unescape(body.decode()).encode()
        if b"&quot;" in body or b"&#" in body or b"&amp;" in body
        else None
    )


_WRAPPINGS: tuple[tuple[str, str, Unwrap], ...] = (
    ("body-compressed", "the body here is still compressed (gzip), and what was signed is not", _gunzip),
    ("body-compressed", "the body here is still compressed (deflate), and what was signed is not", _inflate),
    ("body-json-twice", "the body here is JSON encoded twice: a JSON string that holds the JSON", _text_in_text),
    ("body-python-repr", "the body here is Python's repr of the bytes, `b'…'`", _python_bytes),
    ("body-python-repr", "the body here is Python's repr of a dict, with single quotes", _python_dict),
    ("body-buffer", "the body here is a Node.js Buffer written as text or as JSON", _buffer),
    ("body-form", "the body here is a form, and what was signed is the JSON in its field `payload`", _form),
    ("body-form", "the body here is JSON that was parsed as a form", _form_key),
    ("body-envelope", "the body here is an envelope around the body (as of AWS Lambda or a queue)", _envelope),
    ("body-envelope", "the body here is an object around the body", _inner_json),
    ("body-chunked", "the body here still has the sizes of a chunked transfer in it", _dechunked),
    ("body-mojibake", "the body here is UTF-8 that was read as Latin-1 and encoded once more", _mojibake),
    ("body-escaped", "the body here has a backslash before each quote", _backslashes),
    ("body-escaped", "the body here has HTML's escapes (`&quot;`)", _unescaped),
    ("body-base64", "the body here is encoded in base64 (as AWS Lambda gets it: isBase64Encoded)", _base64),
    ("body-base64", "the body here is written in hexadecimal digits", _hex),
)  # fmt: skip


def is_utf8(body: bytes) -> bool:
    """Whether the bytes are a text in UTF-8."""
    try:
        body.decode()
    except UnicodeError:
        return False
    return True
