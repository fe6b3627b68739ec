"""Requests as no client should send them: valid ones, changed by chance from a fixed seed, and the known kinds."""

from __future__ import annotations

import random
from collections.abc import Iterator

__all__ = ["KNOWN", "mutants"]

_KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
_SOCKET = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
_UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"

VALID = (
    b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/orders?limit=5&status=paid HTTP/1.1\r\nHost: a\r\nCookie: forma3d_session=abc.def; a=b\r\n\r\n",
    b'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{"email":"a@b.c","password":""}',
    b"POST /api/v1/webhooks/shopify HTTP/1.1\r\nHost: a\r\nX-Shopify-Hmac-Sha256: AAAA\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    _SOCKET + _UPGRADE + _KEY + b"\r\n",
    b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.example\r\n\r\n",
    b"OPTIONS /api/v1/orders HTTP/1.1\r\nHost: a\r\nOrigin: null\r\nAccess-Control-Request-Method: GET\r\n\r\n",
    b"PUT /api/v1/orders/00000000-0000-0000-0000-000000000000/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
)

KNOWN: dict[str, bytes] = {
    "a WebSocket with a body": _SOCKET + _UPGRADE + _KEY + b"Content-Length: 5\r\n\r\nhello",
    "a WebSocket with chunks": _SOCKET
    + _UPGRADE
    + _KEY
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "a WebSocket without a key": _SOCKET + _UPGRADE + b"\r\n",
    "a posted WebSocket": _SOCKET.replace(b"GET", b"POST") + _UPGRADE + _KEY + b"\r\n",
    "a WebSocket with a long line": _SOCKET + _UPGRADE + _KEY + b"X-A: " + b"a" * 9000 + b"\r\n\r\n",
    "a WebSocket of HTTP/1.0": _SOCKET.replace(b"1.1", b"1.0") + _UPGRADE + _KEY + b"\r\n",
    "an upgrade to HTTP/2": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": b"BREW /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method in small letters": b"get /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "TRACE": b"TRACE /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /health/live\r\n\r\n",
    "HTTP/0.9 said": b"GET /health/live HTTP/0.9\r\n\r\n",
    "HTTP/9.9": b"GET /health/live HTTP/9.9\r\nHost: a\r\n\r\n",
    "an absolute target": b"GET http://evil.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute target without a path": b"GET http://evil.example HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "two lengths": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "twice the same length": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunks": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\n{}",
    "a length of many digits": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nContent-Length: "
    + b"9" * 99
    + b"\r\n\r\n{}",
    "chunks of garbage": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "an endless trailer": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: "
    + b"a" * 200_000,
    "an unknown coding": b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "a NUL": b"GET /health/\x00live HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in the path": b"GET /api/v1/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in a header": b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-A: a\x00b\r\n\r\n",
    "no UTF-8 in the path": b"GET /%ff%fe/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a folded header": b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-A: a\r\n b\r\n\r\n",
    "a header without a colon": b"GET /health/live HTTP/1.1\r\nHost a\r\n\r\n",
    "line ends only": b"\r\n" * 50,
    "TLS": bytes.fromhex("160301020001000" + "1fc0303") + bytes(range(200)),
    "nothing but garbage": bytes(range(256)) * 4,
}
"""By what is wrong with them."""

_PIECES = (b"\r\n", b"\n", b"\r", b" ", b":", b"\x00", b"\xff", b"%00", b"%", b"/", b"//", b"?", b"0", b"-1", b",", b"\t",
           b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n", _UPGRADE, b"HTTP/1.0", b"HTTP/3", b"[", b'"', b"../",
           b"Host: b\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"a" * 20_000, b"X: y\r\n" * 150)  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """`count` requests, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        request = chance.choice(VALID)
        for _ in range(chance.randint(1, 4)):
            request = _changed(chance, request)
        yield request


def _changed(chance: random.Random, request: bytes) -> bytes:
    at = chance.randrange(len(request) + 1)
    end = min(len(request), at + chance.choice((1, 1, 2, 8, 30)))
    kind = chance.randrange(6)
    if kind == 0:
        return request[:at] + request[end:]
    if kind == 1:
        return request[:at] + chance.choice(_PIECES) + request[at:]
    if kind == 2:
        return request[:at] + chance.randbytes(end - at) + request[end:]
    if kind == 3:
        return request[:at] + request[at:end] * chance.choice((2, 50)) + request[end:]
    if kind == 4:
        return request + chance.choice(VALID)
    return request[:at] + chance.choice(VALID)[at:]
