"""What a body looks like that was read, decoded, cut or written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, suspicion

__all__ = ["odd_body", "odd_json"]

_RAW = "read the raw bytes of the request before any parser does, and verify those"


def odd_body(request: ReceivedRequest) -> Iterator[Cause]:
    """Hints that the body is not what was sent."""
    yield from _body(request)
    yield from _length(request)
    yield from _text(request)


def _body(request: ReceivedRequest) -> Iterator[Cause]:
    body, text = request.body, request.body[:4096].decode("utf-8", "replace").strip()
    if not body:
        yield suspicion("body-empty", "the body here is empty: something has read it before", _RAW)
    elif re.fullmatch(r"\[object \w+\]", text):
        yield suspicion(
            "body-object", f"the body here is the text `{text}`: an object that was turned into text", _RAW
        )
    elif text in ("undefined", "null", "None", "{}", '""', "nil", "Array", "NaN"):
        yield suspicion(
            "body-undefined", f"the body here is `{text}`: there was none where it was read", _RAW
        )
    elif text.startswith("<Buffer ") and "..." in text:
        yield suspicion(
            "body-buffer", "the body here is a Node.js Buffer as console.log shows it: 50 bytes of it", _RAW
        )
    elif re.match(
        r"(<[\w.]+ object at 0x|<_io\.|<Request |Map\(|\{:|ImmutableMultiDict|Array\s*\(|stdClass|#<|java\.io|\[B@)",
        text,
    ):
        yield suspicion(
            "body-object", "the body here is a program's description of an object, not its bytes", _RAW
        )
    elif re.match(r"\{'|\[\{'|\{\w+=", text):
        yield suspicion(
            "body-python-repr", "the body here is a dict or map as a program prints it, not JSON", _RAW
        )
    elif body[:2] == b"\x1f\x8b" or _encoded(request):
        yield suspicion(
            "body-compressed",
            f"the body here is compressed ({_encoded(request) or 'gzip'})",
            "let no proxy compress it, or decompress it before it is verified",
        )
    elif re.match(r"(?i)\s*<(!doctype|html|\?xml)", text):
        yield suspicion("body-html", "the body here is HTML or XML: is it the request's?", _RAW)


def _encoded(request: ReceivedRequest) -> str:
    """A content encoding that the body still has."""
    value = request.by_name.get("content-encoding", "").lower()
    return "" if value in ("", "identity") or request.body[:1] in (b"{", b"[") else value


def _length(request: ReceivedRequest) -> Iterator[Cause]:
    body, given = request.body, request.by_name.get("content-length", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 12 else None
    opened = body[:1] in (b"{", b"[") and not _parses(body)
    if wanted is not None and wanted > len(body):
        yield suspicion(
            "body-cut",
            f"the body here has {len(body)} bytes and Content-Length says {wanted}: a part is missing, or other bytes came",
            "read the whole body; look for a limit of its size",
        )
    elif opened and not _balanced(body):
        yield suspicion(
            "body-cut",
            "the JSON here ends in the middle",
            "read the whole body; look for a limit of its size",
        )
    elif wanted is not None and wanted < len(body):
        yield suspicion(
            "body-changed",
            f"the body here has {len(body)} bytes and Content-Length says {wanted}: it was changed after it came",
            _RAW,
        )


def _text(request: ReceivedRequest) -> Iterator[Cause]:
    body = request.body
    text = body.decode("utf-8", "replace")
    if b"\xef\xbf\xbd" in body:
        yield suspicion(
            "body-lossy",
            "the body here has replacement characters (U+FFFD): its bytes were decoded as another charset, and what they were is lost",
            _RAW,
        )
    elif "�" in text:
        yield suspicion("body-charset", "the body here is not UTF-8", _RAW)
    elif re.search("Ã[\x80-\xbf©¼¶¤Ÿ]|â€|Å[\x80-\xbf]", text):
        yield suspicion(
            "body-mojibake", "the body here looks like UTF-8 that was read as Latin-1 (`Ã¼` for `ü`)", _RAW
        )
    if re.search(r"[?]{2,}", text) and text.isascii() and request.body[:1] == b"{":
        yield suspicion("body-lossy", "the body here has `??` where other letters may have been", _RAW)


def odd_json(request: ReceivedRequest) -> Iterator[Cause]:
    """Weaker ones: how the JSON is written."""
    try:
        parsed = json.loads(request.body)
    except (ValueError, RecursionError):
        sent_as_form = request.form_field or "form" in request.by_name.get("content-type", "")
        if re.match(rb"[\w.%\[\]-]+=", request.body) and not sent_as_form:
            yield suspicion(
                "body-form",
                "the body here is form-encoded",
                "verify the form's raw bytes, or let the provider send JSON",
            )
        return
    if isinstance(parsed, dict) and _sorted(parsed):
        yield suspicion(
            "body-sorted-keys",
            "all keys of the JSON here are in alphabetical order: was it parsed and written again (sort_keys, Go's maps)?",
            _RAW,
        )
    large = [n for n in _numbers(parsed) if abs(n) > 2**53]
    if large and all(n == _of_javascript(n) for n in large):
        yield suspicion(
            "body-rounded-numbers",
            "a large number in the JSON here may have been rounded by JavaScript, which keeps 15 to 17 digits",
            _RAW,
        )
    if request.body != request.spelling.encode(parsed) and request.provider in ("shopify", "stripe"):
        yield suspicion(
            "body-written-anew",
            f"the JSON here is not written as {request.provider} writes it: it was parsed and encoded again, or somebody else sent it",
            _RAW,
        )


def _sorted(tree: object, least: int = 5) -> bool:
    """Whether every object's keys are in order, of which there are enough to tell."""
    counted = 0
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if list(each) != sorted(each):
                return False
            counted += len(each) if len(each) > 1 else 0
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return counted >= least


def _of_javascript(number: int) -> int:
    """What JavaScript reads and writes again: as few digits as tell it from its neighbours, then zeros."""
    return int(Decimal(repr(float(number)))) if abs(number) < 10**21 else 0


def _numbers(tree: object) -> Iterator[int]:
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif type(each) is int:
            yield each


def _parses(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _balanced(body: bytes) -> bool:
    return body.rstrip()[-1:] in (b"}", b"]")
