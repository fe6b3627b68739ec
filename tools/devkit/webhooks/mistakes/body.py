"""Other bodies: what was signed may be what is here before something decoded, wrapped or wrote it again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

from devkit.webhooks.mistakes.json_text import Writing, read_json
from devkit.webhooks.mistakes.model import ReceivedRequest, Step, Variant
from devkit.webhooks.mistakes.wrapping import RAW, is_utf8, unwrapped
from devkit.webhooks.spelling import as_form

__all__ = ["bodies"]

_FORM = "verify the form's raw bytes, before it is parsed"
_HUGE = 4 * 2**20  # bytes; only the provider's own spelling is tried above
_BOM = b"\xef\xbb\xbf"


def bodies(request: ReceivedRequest) -> Iterator[Variant]:
    """Every other body, the likelier first: unwrapped ones, each in other spellings, then small changes."""
    body = request.body
    found = [Variant(body), *unwrapped(body)]
    for each in found[1:]:
        yield each
        for step, value in _edges(each.value):
            yield Variant(value, (*each.steps, step))
    for step, value in (*_edges(body), *_recoded(body), *_as_form(request)):
        yield Variant(value, (step,))
    for step, value in _misread(body):
        yield Variant(value, (step,))
    for each in found:
        for step, value in _written_anew(each.value, request, alone=not each.steps):
            yield Variant(value, (*each.steps, step))


def _misread(body: bytes) -> Iterator[tuple[Step, bytes]]:
    """What a sender of one's own signs in place of the body."""
    for words, content in (
        ("the text `undefined`", b"undefined"),
        ("the text `null`", b"null"),
        ("the text `None`", b"None"),
        ("the text `[object Object]`", b"[object Object]"),
        ("an empty body", b""),
        ("`{}`", b"{}"),
        ("Python's repr of the body, `b'…'`", str(body).encode()),
        ("Python's repr of the parsed body", _repr(body)),
        ("the body in base64", base64.b64encode(body)),
        ("the body in hexadecimal digits", body.hex().encode()),
        ("the body as a JSON string", _quoted(body)),
        ("the SHA-256 of the body, in hexadecimal digits", hashlib.sha256(body).hexdigest().encode()),
        ("the SHA-256 of the body", hashlib.sha256(body).digest()),
    ):
        if content is not None and content != body:
            yield (
                Step(
                    "other-content",
                    f"what was signed is {words}, not the body",
                    "let the sender sign the bytes that it sends",
                ),
                content,
            )


def _repr(body: bytes) -> bytes | None:
    try:
        return str(json.loads(body)).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return None


def _quoted(body: bytes) -> bytes | None:
    return json.dumps(body.decode(), ensure_ascii=False).encode() if is_utf8(body) else None


def _edges(body: bytes) -> Iterator[tuple[Step, bytes]]:
    """A line end at the end more or less, or other ones throughout; white space, zero bytes."""
    unix = body.replace(b"\r\n", b"\n")
    fix = RAW + "; save it without an editor (curl --data-binary, not --data)"
    here, there = (
        "line ends are CRLF here and were LF when it was signed",
        "line ends are LF here and were CRLF when it was signed",
    )
    for says, variant in (
        ("the body here ends with a line end that was not signed", body.rstrip(b"\r\n")),
        ("the body here has white space around it that was not signed", body.strip()),
        ("the body here ends with zero bytes that were not signed", body.rstrip(b"\0")),
        ("the signed body ended with a line end, which is missing here", body + b"\n"),
        ("the signed body ended with a line end, which is missing here", body + b"\r\n"),
        (here, unix),
        (there, unix.replace(b"\n", b"\r\n")),
        (here, unix.rstrip(b"\n")),
        (there, unix.rstrip(b"\n").replace(b"\n", b"\r\n")),
    ):
        if variant != body and variant:
            yield Step("body-line-ends", says, fix), variant


def _recoded(body: bytes) -> Iterator[tuple[Step, bytes]]:
    """The same text in other bytes."""
    yield _charset("UTF-8 with a byte order mark, which is missing here"), _BOM + body
    if body.startswith(_BOM):
        yield _charset("UTF-8 without the byte order mark that is here"), body.removeprefix(_BOM)
    if body.isascii():
        return
    for now in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"):
        try:
            text = body.decode(now)
        except UnicodeError:
            continue
        for then in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"):
            for form in dict.fromkeys((text, text.removeprefix("\ufeff"))):
                try:
                    variant = form.encode(then)
                except UnicodeError:
                    continue
                if variant == body:
                    continue
                doubled = (now, then) in (("latin-1", "utf-8"), ("cp1252", "utf-8"))
                if doubled and is_utf8(body):
                    says = "what was signed is UTF-8 that was read as Latin-1 and encoded once more; here it is right"
                    yield Step("body-mojibake", says, "let the sender sign the bytes that it sends"), variant
                else:
                    yield _charset(f"{then.upper()}, and is {now.upper()} here"), variant
        if now == "utf-8":
            for composed, words in (
                (unicodedata.normalize("NFC", text), "composed accents (NFC)"),
                (unicodedata.normalize("NFD", text), "decomposed accents (NFD)"),
            ):
                step = _charset(f"UTF-8 with {words}; here they are not")
                yield step, composed.encode("utf-8", "surrogatepass")


def _charset(word: str) -> Step:
    return Step("body-charset", f"the text was signed as {word}", RAW)


def _as_form(request: ReceivedRequest) -> Iterator[tuple[Step, bytes]]:
    """What is here was taken out of a form, or is one whose fields were written again."""
    body = request.body
    fields = dict.fromkeys(filter(None, (request.form_field, "payload")))
    if body[:1] in (b"{", b"["):
        for name in fields:
            says = f"what was signed is a form, `{name}=…`, and the body here is the JSON in it"
            for content in (as_form(name, body), f"{name}={quote(body, safe='')}".encode()):
                yield Step("body-form", says, _FORM), content
        says = "what was signed is a form, and the body here is its fields as JSON"
        for fields_again in _fields(body):
            yield Step("body-form", says, _FORM), fields_again
    elif b"=" in body and (pairs := _tried_pairs(body)):
        says = "the body here is a form that was parsed and written again"
        for by in (quote_plus, quote):
            written = urlencode(pairs, quote_via=by)
            lower = re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), written)
            for variant in (
                written,
                lower,
                written.replace("%2A", "*").replace("~", "%7E"),
                _unescaped_pairs(pairs),
            ):
                if variant.encode() != body:
                    yield Step("body-form", says, RAW), variant.encode("utf-8", "surrogatepass")


def _fields(body: bytes) -> Iterator[bytes]:
    """A form of whose fields the JSON is made: of texts alone."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(parsed, dict) and parsed and all(isinstance(value, str) for value in parsed.values()):
        for by in (quote_plus, quote):
            yield urlencode(parsed, quote_via=by, errors="replace").encode()


def _unescaped_pairs(pairs: list[tuple[str, str]]) -> str:
    """A form's fields without any escape."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def _tried_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2000)
    except ValueError:
        return []


def _written_anew(body: bytes, request: ReceivedRequest, *, alone: bool) -> Iterator[tuple[Step, bytes]]:
    """The same JSON, written by another library: the provider's own spelling first."""
    text = read_json(body.removeprefix(_BOM))
    if text is None:
        return
    parsed = json.loads(text.text)
    own = request.spelling.encode(parsed)
    yield _anew(text.written, "the provider's own spelling", by_provider=True), own
    if len(body) > _HUGE:
        return
    endings = ("", "\n") if len(body) < 100_000 else ("",)
    if alone or len(body) < 100_000:
        for writing in text.writings():
            for end in endings:
                yield (
                    _anew(text.written, writing.words + (" and a line end" if end else "")),
                    writing.raw + end.encode(),
                )
    if not alone:
        return
    try:
        ordered = read_json(
            json.dumps(parsed, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )
    except (TypeError, UnicodeError):
        return
    if ordered and json.loads(ordered.text) and list(_keys(parsed)) != list(_keys(json.loads(ordered.text))):
        for writing in ordered.writings():
            for end in endings:
                words = writing.words + ", with sorted keys" + (" and a line end" if end else "")
                yield _anew(text.written, words), writing.raw + end.encode()


def _keys(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from _keys(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _keys(value)


def _anew(here: Writing | None, signed: str, *, by_provider: bool = False) -> Step:
    now = f"here it is written {here.words}" if here else "here it is written otherwise"
    if by_provider:
        return Step(
            "body-written-anew",
            f"the body was parsed and encoded again: {now}; what was signed is {signed}",
            RAW,
        )
    says = f"the body was parsed and encoded again, here or by the sender: {now}; what was signed is the same JSON {signed}"
    return Step("body-written-anew", says, RAW)
