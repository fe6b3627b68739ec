"""A webhook is written as its provider writes it: what hashes the parsed body again refuses ours as it refuses theirs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.deliver import Pace, deliver_one
from devkit.webhooks.delivery import Delivery
from devkit.webhooks.providers import provider, providers
from devkit.webhooks.spelling import SPELLINGS, as_form
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import example
from tests.support.webhook_receiver import Received, serving

SECRET = "hush, a secret of the receiver"
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def sent(name: str, topic: str, url: str = "http://127.0.0.1:9/") -> Delivery:
    return next(deliveries(Batch(provider(name), topic, example(name, topic), url, SECRET, seed=1)))


def test_shopify_escapes_slashes_and_html() -> None:
    body = provider("shopify").spelling.encode({"url": "https://a/b?c=1&d=<2>", "name": "Łódź"})
    assert body == r'{"url":"https:\/\/a\/b?c=1\u0026d=\u003c2\u003e","name":"Łódź"}'.encode()


def test_stripe_indents_and_opens_empty_objects() -> None:
    body = provider("stripe").spelling.encode({"a": {}, "b": [{}, 1], "c": "{}", "d": {"e": {}}})
    assert body.decode() == (
        '{\n  "a": {\n  },\n  "b": [\n    {\n    },\n    1\n  ],\n  "c": "{}",\n  "d": {\n    "e": {\n    }\n  }\n}'
    )
    assert provider("stripe").spelling.encode({}) == b"{\n}"


def test_github_sends_a_form_or_compact_json() -> None:
    body = provider("github").spelling.encode({"a": [1, 2], "b": "ü&="})
    assert body == '{"a":[1,2],"b":"ü&="}'.encode()
    assert as_form("payload", b'{"a":"x y"}') == b"payload=%7B%22a%22%3A%22x+y%22%7D"


@given(TREES)
def test_every_spelling_says_the_same(tree: object) -> None:
    for name, spelling in SPELLINGS.items():
        assert json.loads(spelling.encode({"tree": tree})) == {"tree": tree}, name


@pytest.mark.parametrize("each", providers(), ids=lambda each: each.name)
def test_the_batch_writes_as_the_provider_does(each: object) -> None:
    name = each.name  # type: ignore[attr-defined]
    payload = {"id": 1, "url": "a/b", "empty": {}}
    batch = Batch(provider(name), "x", payload, "http://x/", "whsec_" + "a" * 32, fresh=False)
    assert next(deliveries(batch)).body == provider(name).spelling.encode(payload)


class Reencodes:
    """Hashes `json.dumps` of what it parsed, as a framework's parsed body tempts one to do; `raw` hashes the bytes."""

    methods = ("POST",)
    limit = 2**20

    def __init__(self, scheme: str, raw: bool, separators: tuple[str, str] | None) -> None:
        self.scheme, self.raw, self.separators = scheme, raw, separators

    def answer(self, request: Received) -> int:
        headers = dict(request.headers)
        body = request.body
        if not self.raw:
            body = json.dumps(json.loads(body), separators=self.separators, ensure_ascii=False).encode()
        if self.scheme == "stripe":
            try:
                stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], SECRET, 300)
            except stripe.SignatureVerificationError:
                return 400
            return 200
        digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return 200 if hmac.compare_digest(digest, headers["x-shopify-hmac-sha256"]) else 401


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize(
    ("name", "topic", "refusal"),
    [("shopify", "orders/create", 401), ("stripe", "charge.succeeded", 400)],
)
def test_a_receiver_that_encodes_again_refuses_it(
    name: str, topic: str, refusal: int, separators: tuple[str, str] | None
) -> None:
    for raw, answer in ((True, 200), (False, refusal)):
        with serving(Reencodes(name, raw, separators)) as url:
            assert deliver_one(sent(name, topic, url), Pace(60)).status == answer


NODE = """
const http = require('http'), crypto = require('crypto');
const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const raw = Buffer.concat(parts);
    const body = request.url === '/raw' ? raw : JSON.stringify(JSON.parse(raw));
    const digest = crypto.createHmac('sha256', process.env.SECRET).update(body).digest('base64');
    response.writeHead(digest === request.headers['x-shopify-hmac-sha256'] ? 200 : 401).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


@contextmanager
def node(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "receiver.cjs").write_text(NODE)
    program = shutil.which("node")
    assert program
    process = subprocess.Popen(
        [program, str(tmp_path / "receiver.cjs")], env={"SECRET": SECRET}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_a_receiver_in_node_that_encodes_again_refuses_it(tmp_path: Path) -> None:
    with node(tmp_path) as url:
        for path, answer in (("/raw", 200), ("/parsed", 401)):
            assert deliver_one(sent("shopify", "customers/create", url + path), Pace(60)).status == answer


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        *(("stripe", f"{each}") for each in ("charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "invoice.paid", "customer.subscription.updated")),
        *(("github", each) for each in ("push", "pull_request", "issues", "ping", "release", "workflow_run")),
    ],
)  # fmt: skip
def test_the_examples_are_whole(name: str, topic: str) -> None:
    body = json.loads(sent(name, topic).body)
    assert topic in provider(name).topics
    if name == "github":
        assert body["repository"]["full_name"] == "octo-jan/vases"
        return
    event = stripe.Event.construct_from(body, None)
    assert (event.type, event.object) == (topic, "event")
    assert event.data.object["object"] in topic


def test_stripes_events_of_one_seed_are_about_the_same_payment() -> None:
    charge, intent = (
        json.loads(sent("stripe", t).body) for t in ("charge.succeeded", "payment_intent.succeeded")
    )
    assert charge["data"]["object"]["payment_intent"] == intent["data"]["object"]["id"]
    assert charge["data"]["object"]["id"] == intent["data"]["object"]["latest_charge"]
    stored = example("stripe", "charge.succeeded")["data"]["object"]
    assert charge["data"]["object"]["id"] != stored["id"]
    assert charge["data"]["object"]["customer"] == stored["customer"]
    assert charge["created"] - charge["data"]["object"]["created"] == 2
