"""Mistakes about the body: what was signed are other bytes than those that are here."""

from __future__ import annotations

import json
from collections.abc import Iterator

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = ["altered", "charset", "line_ends", "written_anew"]

_RAW = "verify the raw body, before anything parses it or re-encodes it"
_BOM = b"\xef\xbb\xbf"


def line_ends(request: ReceivedRequest) -> Cause | None:
    """A line end at the end more or less, or other ones throughout."""
    body = request.body
    unix = body.replace(b"\r\n", b"\n")
    for word, variant in (
        ("the body here ends with a line end that was not signed", body.rstrip(b"\r\n")),
        ("the body here has white space around it that was not signed", body.strip()),
        ("the signed body ended with a line end, which is missing here", body + b"\n"),
        ("the signed body ended with a line end, which is missing here", body + b"\r\n"),
        ("line ends are CRLF here and were LF when it was signed", unix),
        ("line ends are LF here and were CRLF when it was signed", unix.replace(b"\n", b"\r\n")),
        ("line ends are CRLF here and were LF when it was signed", unix.rstrip(b"\n")),
        (
            "line ends are LF here and were CRLF when it was signed",
            unix.rstrip(b"\n").replace(b"\n", b"\r\n"),
        ),
    ):
        if variant != body and request.fits(body=variant):
            return Cause(
                "body-line-ends", word, _RAW + "; save it without an editor (curl --data-binary, not --data)"
            )
    return None


def charset(request: ReceivedRequest) -> Cause | None:
    """The same text in other bytes."""
    for word, variant in _recoded(request.body):
        if variant != request.body and request.fits(body=variant):
            return Cause("body-charset", f"the text was signed as {word}", _RAW)
    return None


def _recoded(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "UTF-8 with a byte order mark, which is missing here", _BOM + body
    yield "UTF-8 without the byte order mark that is here", body.removeprefix(_BOM)
    for now in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"):
        try:
            text = body.decode(now)
        except UnicodeError:
            continue
        for then in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"):
            for form in (text, text.removeprefix("\ufeff")):
                try:
                    yield f"{then.upper()}, and is {now.upper()} here", form.encode(then)
                except UnicodeError:
                    continue
    # What was not UTF-8 is a replacement character here: nothing brings that back.


def written_anew(request: ReceivedRequest) -> Cause | None:
    """The same JSON, written by another library."""
    try:
        parsed = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    for word, text in _spellings(parsed):
        for form in (text, text.replace("/", "\\/"), text + "\n"):
            variant = form.encode("utf-8", "surrogatepass")
            if variant != request.body and request.fits(body=variant):
                return Cause("body-written-anew", f"what was signed is the same JSON, written {word}", _RAW)
    return None


def _spellings(parsed: object) -> Iterator[tuple[str, str]]:
    for order, keys in ((False, ""), (True, ", with sorted keys")):
        for ascii_only, escapes in ((False, ""), (True, ", with \\u escapes")):
            for word, indent, separators in (
                ("without spaces", None, (",", ":")),
                ("with a space after each comma and colon", None, (", ", ": ")),
                ("indented by 2", 2, None),
                ("indented by 4", 4, None),
                ("indented by tabs", "\t", None),
            ):
                try:
                    text = json.dumps(
                        parsed, sort_keys=order, ensure_ascii=ascii_only, indent=indent, separators=separators
                    )
                except (ValueError, RecursionError):
                    return
                yield word + keys + escapes, text


def altered(request: ReceivedRequest) -> Cause | None:
    """Nothing else explains it."""
    message = (
        f"neither the body nor {request.secret_name} as they are explain this signature: "
        "the body was changed on its way, or another secret signed it"
    )
    fix = f"compare {request.secret_name} with what the provider has; capture the raw body with ./devkit webhook listen"
    return Cause("body-or-secret", message, fix)
