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
import stripe
import svix
import svix.webhooks
from devkit.base.errors import DevkitError
from devkit.checks import Outcome
from devkit.findings.model import Severity
from devkit.findings.report import Result
from devkit.webhooks.destination import require_listener
from devkit.webhooks.payload import load_example
from devkit.webhooks.provider import Payload
from devkit.webhooks.providers import provider
from devkit.webhooks.suite.model import Sender
from devkit.webhooks.suite.run import CASES, case_checks, run_suite

from tests.support.platform import ROOT
from tests.support.storage import free_port
from tests.support.webhook_receiver import Received, WebhookReceiver, serving

SECRET = "hush"
STRIPE_SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
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


class Redirects(Shop):
    """As frameworks do with a slash more at the end."""

    def answer(self, request: Received) -> int:
        return 307 if request.path.endswith("/") else super().answer(request)


class Moved(Shop):
    """Its URL is another one by now."""

    def answer(self, request: Received) -> int:
        return 308


class CrashesOnRubbish(Shop):
    def parsed(self, body: bytes) -> object:
        return json.loads(body)

    def answer(self, request: Received) -> int:
        try:
            return super().answer(request)
        except (ValueError, RecursionError):
            return 500


@dataclass
class Answers(Shop):
    """Refuses by other statuses than most."""

    unsigned: int = 400
    malformed: int = 400

    def answer(self, request: Received) -> int:
        answer = super().answer(request)
        return {401: self.unsigned, 400: self.malformed}.get(answer, answer)


@dataclass
class Ports(Shop):
    """Remembers from which port each request came."""

    ports: list[int] = field(default_factory=list)

    def answer(self, request: Received) -> int:
        self.ports.append(request.port)
        return super().answer(request)


def ran(
    shop: WebhookReceiver,
    *only: str,
    name: str = "shopify",
    topic: str = "orders/create",
    secret: str = SECRET,
) -> list[Outcome]:
    """What came of the cases."""
    sent = provider(name)
    example: Payload = {"id": 1}
    if topic:
        example = load_example(Path(ROOT) / "dev" / "webhooks" / name, topic, ())
    sender = Sender(sent, topic or "a.topic", example, secret, Random(1))
    cases = [case for case in CASES if not only or case.id in only]
    with serving(shop) as url:
        return run_suite(sender, case_checks(name, cases), url)


def failed(shop: Shop, *only: str) -> set[str]:
    """The cases that a receiver fails."""
    return {o.check.id.removeprefix("shopify.") for o in ran(shop, *only) if o.result is Result.FAILED}


FORGED = {
    "missing-signature", "empty-signature", "truncated-signature", "extended-signature", "doubled-signature", "other-encoding", "not-text",
    "tampered-body", "other-body-signature", "other-secret", "no-secret",
}  # fmt: skip

# Shopify's own spelling is what such a receiver cannot make again: it refuses whatever is valid.
ENCODED_ANEW = {
    "valid", "replay", "duplicate-id", "out-of-order", "unknown-topic", "unicode", "other-spelling", "header-case",
    "plain-headers", "chunked", "large-body",
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
        (CrashesOnRubbish, {"not-json", "deep-json", "empty-body"}),
        (lambda: Shop(limit=100_000), {"large-body"}),
        (lambda: Shop(methods=("POST", "GET")), {"method"}),
        (lambda: Shop(limit=2**40), {"huge-body"}),
    ],
)  # fmt: skip
def test_a_wrong_one_fails_just_its_cases(shop: Callable[[], Shop], cases: set[str]) -> None:
    assert failed(shop()) == cases


@pytest.mark.parametrize(
    ("shop", "case", "word"),
    [
        (Believes(), "missing-signature", "let in: "),
        (Crashes(), "missing-signature", "crashed: "),
        (Shop(limit=100_000), "large-body", "refused: "),
        (Moved(), "valid", "redirected: "),
    ],
)
def test_wrong_answers_are_told_apart(shop: Shop, case: str, word: str) -> None:
    (outcome,) = ran(shop, case)
    assert outcome.problems[0].message.startswith(word)


@pytest.mark.parametrize(("unsigned", "malformed"), [(400, 400), (404, 403), (422, 406)])
def test_a_refusal_by_another_status_is_a_note(unsigned: int, malformed: int) -> None:
    """Many a document says 400 where others say 401."""
    outcomes = ran(Answers(unsigned=unsigned, malformed=malformed))
    assert not [o for o in outcomes if o.result is Result.FAILED]
    noted = {
        o.check.id.removeprefix("shopify."): o.problems[0] for o in outcomes if o.result is Result.WARNED
    }
    assert noted.keys() >= FORGED
    for problem in noted.values():
        assert problem.severity is Severity.NOTE
        assert problem.message.startswith("refused, but by another status: ")


def test_a_redirect_of_a_slash_is_a_note() -> None:
    """As a 404, it is no delivery, and the provider shows it; but curl follows it, so it is told."""
    (outcome,) = ran(Redirects(), "trailing-slash")
    assert outcome.result is Result.WARNED
    assert outcome.problems[0].message.startswith("redirected: ")
    assert "providers follow no redirect" in (outcome.problems[0].advice or "")
    (outcome,) = ran(Shop(), "trailing-slash")
    assert outcome.result is Result.OK


def test_each_request_has_a_connection_of_its_own() -> None:
    """A receiver that closes after an answer resets no other request."""
    shop = Ports()
    ran(shop, "replay", "not-json", "unicode")
    assert len(shop.ports) == len(set(shop.ports)) == 9


class ByStripe(Shop):
    """Verifies with Stripe's own library, which tries each signature; one that looks at the first alone is wrong."""

    first_alone = False

    def answer(self, request: Received) -> int:
        header = dict(request.headers).get("stripe-signature", "")
        if self.first_alone:
            header = ",".join(header.split(",")[:2])
        try:
            stripe.WebhookSignature.verify_header(request.body.decode(), header, STRIPE_SECRET, 300)
        except (stripe.SignatureVerificationError, UnicodeError):
            return 400
        return 200


class FirstOfStripe(ByStripe):
    first_alone = True


class BySvix(Shop):
    def answer(self, request: Received) -> int:
        try:
            svix.Webhook(STRIPE_SECRET).verify(request.body, dict(request.headers))
        except svix.webhooks.WebhookVerificationError:
            return 400
        return 200


@pytest.mark.parametrize(
    ("shop", "name", "topic", "result"),
    [
        (ByStripe(), "stripe", "charge.succeeded", Result.OK),
        (FirstOfStripe(), "stripe", "charge.succeeded", Result.FAILED),
        (BySvix(), "standard-webhooks", "", Result.OK),
        (Shop(), "shopify", "orders/create", Result.SKIPPED),
    ],
)
def test_a_rotated_secret(shop: Shop, name: str, topic: str, result: Result) -> None:
    outcomes = ran(
        shop,
        "rotated-secret",
        "valid",
        name=name,
        topic=topic,
        secret=SECRET if name == "shopify" else STRIPE_SECRET,
    )
    assert [o.result for o in outcomes] == [Result.OK, result]


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
