"""The suite finds exactly what is wrong with a receiver: a right one passes, each wrong one fails just its cases."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from devkit.base.errors import DevkitError
from devkit.findings.report import Result
from devkit.webhooks.destination import require_listener
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider
from devkit.webhooks.suite.model import Sender
from devkit.webhooks.suite.run import CASES, case_checks, run_suite

from tests.support.platform import ROOT
from tests.support.storage import free_port
from tests.support.webhook_receiver import Received, serving

SECRET = "hush"
HEADERS = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
LIMIT = 2**20


def signatures_of(request: Received) -> list[str]:
    return [value for name, value in request.headers if name in HEADERS]


def digest(body: bytes) -> bytes:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).digest()


def right(body: bytes) -> str:
    return base64.b64encode(digest(body)).decode()


@dataclass
class Shop:
    """A right receiver of Shopify's webhooks. A wrong one does one thing in another way."""

    methods: tuple[str, ...] = ("POST",)
    limit: int = LIMIT
    delay: float = 0.0
    seen: set[str] = field(default_factory=set)

    def is_signed(self, request: Received) -> bool:
        signatures = signatures_of(request)
        return len(signatures) == 1 and hmac.compare_digest(
            signatures[0].encode("utf-8", "replace"), right(request.body).encode()
        )

    def parsed(self, body: bytes) -> object:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def take(self, request: Received) -> int:
        return 200

    def answer(self, request: Received) -> int:
        time.sleep(self.delay)
        if not self.is_signed(request):
            return 401
        return self.take(request) if isinstance(self.parsed(request.body), dict) else 400


class Believes(Shop):
    def is_signed(self, request: Received) -> bool:
        return True


class WritesAnew(Shop):
    """Verifies what it parsed and wrote again."""

    def is_signed(self, request: Received) -> bool:
        parsed = self.parsed(request.body)
        again = (
            json.dumps(parsed, separators=(",", ":"), ensure_ascii=False).encode()
            if parsed is not None
            else request.body
        )
        return signatures_of(request) == [right(again)]


class ComparesBeginnings(Shop):
    def is_signed(self, request: Received) -> bool:
        signatures = signatures_of(request)
        return len(signatures) == 1 and bool(signatures[0]) and right(request.body).startswith(signatures[0])


class GuessesEncodings(Shop):
    def is_signed(self, request: Received) -> bool:
        return len(signatures_of(request)) == 1 and signatures_of(request)[0] in (
            right(request.body),
            digest(request.body).hex(),
        )


class TakesTheLast(Shop):
    def is_signed(self, request: Received) -> bool:
        return signatures_of(request)[-1:] == [right(request.body)]


class TakesTheFirst(Shop):
    def is_signed(self, request: Received) -> bool:
        return signatures_of(request)[:1] == [right(request.body)]


class Crashes(Shop):
    """Nobody thought of a missing header."""

    def answer(self, request: Received) -> int:
        return super().answer(request) if signatures_of(request) else 500


class CrashesOnDepth(Shop):
    def parsed(self, body: bytes) -> object:
        return json.loads(body) if body.count(b"[") < 1000 else {}

    def take(self, request: Received) -> int:
        return 500 if request.body.count(b"[") >= 1000 else 200

    def answer(self, request: Received) -> int:
        try:
            return super().answer(request)
        except ValueError:
            return 400


class RefusesDuplicates(Shop):
    def take(self, request: Received) -> int:
        (id,) = [value for name, value in request.headers if name.endswith("shopify-webhook-id")]
        if id in self.seen:
            return 409
        self.seen.add(id)
        return 200


class KnowsItsTopics(Shop):
    def take(self, request: Received) -> int:
        (topic,) = [value for name, value in request.headers if name.endswith("shopify-topic")]
        return 200 if topic.startswith("orders/") else 404


class OnlyPrefixed(Shop):
    def is_signed(self, request: Received) -> bool:
        return super().is_signed(request) and signatures_of(request) == [
            v for n, v in request.headers if n == HEADERS[0]
        ]


class WesternOnly(Shop):
    def take(self, request: Received) -> int:
        try:
            request.body.decode().encode("latin-1")
        except UnicodeError:
            return 500
        return 200


def failed(shop: Shop, *only: str) -> set[str]:
    """The cases that a receiver fails."""
    shopify = provider("shopify")
    example = load_example(Path(ROOT) / "dev" / "webhooks" / "shopify", "orders/create", ())
    sender = Sender(shopify, "orders/create", example, SECRET, Random(1))
    cases = [case for case in CASES if not only or case.id in only]
    with serving(shop) as url:
        outcomes = run_suite(sender, case_checks("shopify", cases), url)
    return {o.check.id.removeprefix("shopify.") for o in outcomes if o.result is Result.FAILED}


FORGED = {
    "missing-signature", "empty-signature", "truncated-signature", "extended-signature", "doubled-signature", "other-encoding", "not-text",
    "tampered-body", "other-body-signature", "other-secret", "no-secret",
}  # fmt: skip

# Shopify's own spelling is what such a receiver cannot make again: it refuses whatever is valid.
ENCODED_ANEW = {
    "valid", "replay", "duplicate-id", "out-of-order", "unknown-topic", "unicode", "other-spelling", "header-case",
    "plain-headers", "chunked", "content-type",
}  # fmt: skip


def test_a_right_receiver_passes_everything() -> None:
    assert failed(Shop()) == set()


@pytest.mark.parametrize(
    ("shop", "cases"),
    [
        (Believes, FORGED),
        (WritesAnew, ENCODED_ANEW),
        (ComparesBeginnings, {"truncated-signature"}),
        (GuessesEncodings, {"other-encoding"}),
        (TakesTheLast, {"doubled-signature"}),
        (TakesTheFirst, {"doubled-signature"}),
        (Crashes, {"missing-signature"}),
        (CrashesOnDepth, {"deep-json"}),
        (RefusesDuplicates, {"replay", "duplicate-id"}),
        (KnowsItsTopics, {"unknown-topic"}),
        (OnlyPrefixed, {"plain-headers"}),
        (WesternOnly, {"unicode"}),
        (lambda: Shop(methods=("POST", "GET")), {"method"}),
        (lambda: Shop(limit=2**40), {"huge-body"}),
    ],
)  # fmt: skip
def test_a_wrong_one_fails_just_its_cases(shop: Callable[[], Shop], cases: set[str]) -> None:
    assert failed(shop()) == cases


def test_one_that_is_too_slow_fails() -> None:
    assert failed(Shop(delay=5.5), "valid") == {"valid"}


def test_one_look_tells_whether_anybody_is_there() -> None:
    with serving(Shop()) as url:
        require_listener(url, None)
    for nowhere, problem in (
        (url, "nothing listens there"),
        ("http://none.invalid/", "there is no host none.invalid"),
    ):
        with pytest.raises(DevkitError, match=problem) as raised:
            require_listener(nowhere, "start it")
        assert (raised.value.exit_code, raised.value.fix) == (5, "start it")


def test_one_that_goes_away_fails_what_is_left() -> None:
    sender = Sender(provider("shopify"), "orders/create", {"id": 1}, SECRET, Random(1))
    outcomes = run_suite(sender, case_checks("shopify", CASES[:3]), f"http://127.0.0.1:{free_port()}/")
    assert ["nothing listens there" in o.problems[0].message for o in outcomes] == [True] * 3


def test_every_provider_has_at_least_sixteen_cases() -> None:
    for name in ("shopify", "simplyprint", "sendcloud"):
        sender = Sender(provider(name), "a/topic", {"parcel": {}, "data": {}}, SECRET, Random(1))
        assert sum(case.needless(sender) is None for case in CASES) >= 16, name
