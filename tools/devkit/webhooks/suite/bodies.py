"""Cases about what is sent: a provider's oddities are accepted, what is not a webhook is refused, and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from random import Random

from devkit.webhooks.spelling import COMPACT
from devkit.webhooks.suite.model import ACCEPTED, MALFORMED, Case, CaseRequest, Expected, Sender

__all__ = ["BODIES"]

_LARGE = 300_000  # bytes; an order with hundreds of lines has as many
_HUGE = 16 * 2**20  # bytes; providers send kilobytes
_DEEP = 100_000
_LOST = "the provider retries, then gives up: the webhook is lost"
_TWICE = "providers deliver twice; anything but 2xx makes them retry"
_TOO_LARGE = Expected("413 (or 400, 401, 403)", frozenset({413, 400, 401, 403}))
_NO_SUCH_METHOD = Expected("405, 404 or 501", frozenset({404, 405, 501}))
# A slash more is another URL. Whoever sends there made a mistake, and should see it.
_ANOTHER_URL = Expected("404", frozenset({404, 405, 401, 403}))


def _valid(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request()]


def _replayed(sender: Sender) -> Collection[CaseRequest]:
    request = sender.request()
    return [request, request, request]


def _same_id(sender: Sender) -> Collection[CaseRequest]:
    """Two bodies under one id, each with its own right signature."""
    headers = sender.headers(sender.moment())
    bodies = [sender.body(sender.moment()) for _ in range(2)]
    signed = sender.moment()
    # The id may be signed too: two moments with the same numbers make the same one.
    moments = [replace(signed, random=Random(1)) for _ in bodies]
    return [
        sender.request(body, moment=moment, headers=headers)
        for body, moment in zip(bodies, moments, strict=True)
    ]


def _out_of_order(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(moment=sender.moment(timedelta(seconds=age))) for age in (0, 30, 15)]


def _large(sender: Sender) -> Collection[CaseRequest]:
    """What a provider sends on a busy day. What makes it large is ignored by receivers, so that nothing else comes of it."""
    line = {"name": "devkit", "value": "Vase, 20 cm, matt white " * 4}
    return [
        sender.request(
            sender.encode({**sender.payload(sender.moment()), "devkit_lines": [line] * (_LARGE // 120)})
        )
    ]


def _slash(sender: Sender) -> Collection[CaseRequest]:
    return [replace(sender.request(), slash=True)]


def _huge(sender: Sender) -> Collection[CaseRequest]:
    payload = sender.payload(sender.moment())
    return [sender.request(sender.encode({**payload, "padding": "x" * _HUGE}))]


def _deep(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(b'{"a":' + b"[" * _DEEP + b"]" * _DEEP + b"}")]


def _other_type(sender: Sender) -> Collection[CaseRequest]:
    moment = sender.moment()
    headers = {**sender.headers(moment), "Content-Type": "text/plain"}
    return [sender.request(moment=moment, headers=headers)]


def _get(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(method="GET"), sender.request(method="PUT")]


def _not_json(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(body) for body in (b"not json", b'{"id": 1', b"\xff\xfe{}", b"id=1&topic=x")]


def _not_an_object(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(body) for body in (b"[]", b"null", b'"text"')]


def _nothing(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(b"")]


def _unknown_topic(sender: Sender) -> Collection[CaseRequest]:
    topic = "devkit/unknown_topic" if "/" in sender.topic else "devkit.unknown_event"
    moment = sender.moment()
    payload = sender.provider.freshen(topic, dict(sender.example), moment)
    return [sender.request(sender.encode(payload), moment=moment, headers=sender.headers(moment, topic))]


def _unicode(sender: Sender) -> Collection[CaseRequest]:
    text = "Łódź, 東京, für 5 °C, \U0001f98a, \u202e, \t"
    payload = {**sender.payload(sender.moment()), "devkit_note": text}
    escaped = json.dumps(payload, separators=(",", ":")).encode()
    return [sender.request(sender.encode(payload)), sender.request(escaped)]


def _other_spelling(sender: Sender) -> Collection[CaseRequest]:
    """The same JSON, written as no library would write it again: its signature is valid for these bytes alone."""
    payload = sender.payload(sender.moment())
    spaced = json.dumps(payload, indent=3, ensure_ascii=False, sort_keys=True).encode()
    escaped = COMPACT.encode(payload).replace(b"/", b"\\/")
    return [sender.request(spaced + b"\r\n"), sender.request(escaped)]


def _header_case(sender: Sender) -> Collection[CaseRequest]:
    made = []
    for change in (str.lower, str.upper):
        request = sender.request()
        made.append(
            CaseRequest(tuple((change(name), value) for name, value in request.headers), request.body)
        )
    return made


def _other_headers(sender: Sender) -> Collection[CaseRequest]:
    made = []
    for rename in sender.provider.header_styles.values():
        request = sender.request()
        made.append(
            CaseRequest(tuple((rename(name), value) for name, value in request.headers), request.body)
        )
    return made


def _chunked(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(chunked=True)]


def _has_one_form(sender: Sender) -> str | None:
    return None if sender.provider.header_styles else f"{sender.provider.name}'s headers have one form"


BODIES = (
    Case("valid", "as the provider sends it", _valid, ACCEPTED, "nothing arrives"),
    Case("replay", "the same request three times", _replayed, ACCEPTED, _TWICE),
    Case("duplicate-id", "two bodies under one id", _same_id, ACCEPTED, _TWICE),
    Case("out-of-order", "older ones after newer ones", _out_of_order, ACCEPTED, _LOST),
    Case("unknown-topic", "an unknown topic", _unknown_topic, ACCEPTED, "a new topic stops the whole subscription"),
    Case("unicode", "text in many scripts, as UTF-8 and escaped", _unicode, ACCEPTED, _LOST),
    Case("other-spelling", "unusual spaces, line ends and escapes", _other_spelling, ACCEPTED, "what is verified is not the raw body, but re-encoded JSON"),
    Case("header-case", "header names in lower and in upper case", _header_case, ACCEPTED, "proxies change the case of headers; HTTP/2 has only lower case"),
    Case("plain-headers", "headers by the other names that the provider gives them", _other_headers, ACCEPTED, _LOST, _has_one_form),
    Case("chunked", "a chunked body, without Content-Length", _chunked, ACCEPTED, _LOST),
    Case("large-body", f"a large order, of {_LARGE // 1000} KB", _large, ACCEPTED, "large orders are lost; a limit of 100 KB is Express' default"),
    Case("trailing-slash", "the URL with a slash more or less at its end", _slash, ACCEPTED | _ANOTHER_URL, "providers follow no redirect: the webhook is lost"),
    Case("content-type", "a content type that is not JSON", _other_type, ACCEPTED | MALFORMED, "strangers can break the receiver"),
    Case("not-json", "signed, but not JSON", _not_json, ACCEPTED | MALFORMED, "strangers can break the receiver"),
    Case("not-an-object", "signed JSON that is not an object", _not_an_object, ACCEPTED | MALFORMED, "strangers can break the receiver"),
    Case("empty-body", "signed, but without a body", _nothing, ACCEPTED | MALFORMED, "strangers can break the receiver"),
    Case("deep-json", f"signed JSON, nested {_DEEP:,} deep", _deep, ACCEPTED | MALFORMED, "one request can end the process"),
    Case("huge-body", f"a body of {_HUGE // 2**20} MiB", _huge, _TOO_LARGE, "a few requests fill the memory"),
    Case("method", "GET and PUT", _get, _NO_SUCH_METHOD, "a link or a crawler can trigger it"),
)  # fmt: skip
