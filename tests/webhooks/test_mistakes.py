"""Every class of mistakes that docs/webhook-mistakes.md lists is made for real, and told; a wrong cause is told of none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from devkit.webhooks.diagnose import diagnose, is_valid
from devkit.webhooks.mistakes.content import Way

from tests.support.platform import ROOT
from tests.support.webhook_mistakes import MISTAKES, NOW, Mistake, Sender, senders

SENDERS = [each for each in vars(senders).values() if isinstance(each, Sender)]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_mistake_is_told(mistake: Mistake) -> None:
    request = mistake.make()
    assert not is_valid(request)
    cause = diagnose(request)
    assert cause.name == mistake.cause, cause
    assert mistake.says in cause.message, cause
    assert cause.suspicion is not mistake.proven, cause
    assert ("suspicion" in cause.message or "unsure" in cause.message) is not mistake.proven, cause
    assert cause.fix


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_no_secret_and_no_right_signature_is_told(mistake: Mistake) -> None:
    request = mistake.make()
    said = repr(diagnose(request))
    for secret in (request.secret, request.secret.strip(), *request.others.values()):
        assert len(secret.strip()) < 8 or secret not in said
    if request.secret.strip():
        right = request.scheme.sign(request.secret, request.body, message_id="msg_27Uw", timestamp=NOW)
        for name in request.scheme.signature_headers:
            assert right.get(name, "nothing of the kind") not in said


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.name)
def test_what_is_right_is_valid(sender: Sender) -> None:
    assert is_valid(sender.request())


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.name)
def test_what_nobody_can_explain_has_no_cause(sender: Sender) -> None:
    """A changed digit, or a secret of strangers: whatever is said is no more than a suspicion."""
    random = Random(sender.name)
    for _ in range(8):
        body = bytearray(sender.body)
        place = random.randrange(1, len(body))
        body[place] ^= 1 << random.randrange(5)
        stranger = "whsec_" + "".join(random.choices("ABCDEFGHabcdefgh0123", k=32))
        for request in (
            sender.request(bytes(body), signed_with=stranger),
            sender.request(signed_with=stranger),
        ):
            cause = diagnose(request)
            assert cause.suspicion, cause


def test_the_documentation_lists_them() -> None:
    text = (Path(ROOT) / "docs" / "webhook-mistakes.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \| `([\w-]+)`( \(suspicion\)| \(unsure\))? \|$", text, re.M)
    word = {True: "", False: " (suspicion)"}
    wanted = [
        (
            m.id,
            m.about.replace("|", "\\|"),
            m.cause,
            " (unsure)" if m.cause == "body-or-secret" else word[m.proven],
        )
        for m in MISTAKES
    ]
    assert rows == wanted, "docs/webhook-mistakes.md and tests/support/webhook_mistakes/ list different ones"
    assert len({m.id for m in MISTAKES}) == len(MISTAKES)


def test_a_large_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried is counted in bytes, so it ends wherever it runs; a mistake in 2 MB is told all the same."""
    shop = senders.SHOPIFY
    lines = [{"id": 866550311766439021 + n, "url": f"https://a/b?c={n}&d=<{n}>"} for n in range(30_000)]
    body = shop.encode({**senders.PAYLOAD, "line_items": lines})
    assert len(body) > 2_000_000
    large = replace(shop, body=body)
    assert diagnose(large.request(json.dumps(json.loads(body)).encode())).name == "body-written-anew"
    hashed = 0
    digest = Way.digest

    def counted(self: Way, key: bytes, content: bytes) -> bytes:
        nonlocal hashed
        hashed += len(content)
        return digest(self, key, content)

    monkeypatch.setattr(Way, "digest", counted)
    assert diagnose(large.request(signed_with="of-nobody")).suspicion
    assert hashed < 700 * 2**20
