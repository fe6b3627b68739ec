"""`devkit webhook verify`: whether a signature is valid, with the secret from wherever it comes, and why not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from devkit.webhooks.capture import Capture, keep

from tests.support.demo import Demo
from tests.support.webhook_clone import webhook_clone

BODY = '{"id": 9007199254740993, "note": "für"}\n'
GIVEN = "a-secret-of-somebody"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return webhook_clone(tmp_path_factory.mktemp("clone"), examples=False)


@pytest.fixture(scope="module")
def secrets(clone: Demo) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"]
    return found


def signature(secret: str, body: str = BODY) -> str:
    """Shopify's, as OpenSSL reckons it."""
    return base64.b64encode(hmac.digest(secret.encode(), body.encode(), hashlib.sha256)).decode()


def header(secret: str) -> tuple[str, str]:
    return ("--header", f"X-Shopify-Hmac-Sha256: {signature(secret)}")


def said(clone: Demo, *arguments: str, stdin: str | None = None) -> tuple[int, str]:
    """The exit code and all that was written, in which there is no secret."""
    done = clone.devkit("webhook", "verify", *arguments, check=False, stdin=stdin)
    shown = done.stdout + done.stderr
    held = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"]
    assert not [name for name, value in held.items() if len(value) > 8 and value in shown]
    assert GIVEN not in shown
    return done.returncode, shown


def test_a_body_from_standard_input(clone: Demo, secrets: dict[str, str]) -> None:
    right = header(secrets["SHOPIFY_CLIENT_SECRET"])
    code, shown = said(clone, "--body", "-", *right, stdin=BODY)
    assert (code, "the signature is valid with SHOPIFY_CLIENT_SECRET" in shown) == (0, True), shown
    code, shown = said(clone, "--body", "-", *right, "--header", "Host: x", stdin=BODY.rstrip("\n"))
    assert (code, "line" in shown) == (1, True), shown


def test_a_body_from_a_file_and_the_wrong_one_of_ours(
    clone: Demo, secrets: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "body").write_text(BODY, "utf-8")
    code, shown = said(clone, "--body", str(tmp_path / "body"), *header(secrets["SENDCLOUD_SECRET_KEY"]))
    assert (code, "SENDCLOUD_SECRET_KEY" in shown) == (1, True), shown


def test_a_secret_by_its_name(clone: Demo, secrets: dict[str, str]) -> None:
    other = header(secrets["SENDCLOUD_SECRET_KEY"])
    code, shown = said(clone, "--body", "-", *other, "--secret-name", "SENDCLOUD_SECRET_KEY", stdin=BODY)
    assert (code, "is valid with SENDCLOUD_SECRET_KEY" in shown) == (0, True), shown


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_from_standard_input(clone: Demo, tmp_path: Path, end: str) -> None:
    (tmp_path / "body").write_text(BODY, "utf-8")
    given = ("--body", str(tmp_path / "body"), "--secret-stdin")
    code, shown = said(clone, *given, *header(GIVEN), stdin=GIVEN + end)
    assert (code, "is valid with the secret given" in shown) == (0, True), shown
    assert ("had a line end after it: a receiver that keeps it refuses" in shown) is bool(end)
    code, shown = said(clone, *given, *header(f"{GIVEN}\n"), stdin=GIVEN + end)
    assert (code, "has a line end after it" in shown) == (1, True), shown
    assert ("had one, which was left out here" in shown) is bool(end), shown
    code, shown = said(clone, *given, *header(GIVEN), stdin=f"{GIVEN}\n{end}")
    assert (code, "which the provider's does not have" in shown) == ((1, True) if end else (0, False)), shown
    code, shown = said(clone, *given, *header("another"), stdin=GIVEN + end)
    assert code == 1, shown


def test_a_provider_that_the_table_does_not_route(clone: Demo) -> None:
    mac = hmac.new(GIVEN.encode(), BODY.encode(), hashlib.sha256).hexdigest()
    Path(clone.root / "body").write_text(BODY, "utf-8")
    given = ("--body", str(clone.root / "body"), "--header", f"X-Hub-Signature-256: sha256={mac}")
    code, shown = said(clone, *given)
    assert (code, "--secret-name NAME" in shown) == (2, True), shown
    code, shown = said(clone, *given, "--secret-stdin", stdin=GIVEN)
    assert (code, "webhook.github" in shown) == (0, True), shown


def test_a_form_of_githubs(clone: Demo, tmp_path: Path) -> None:
    raw = b"payload=%7B%22zen%22%3A%22Keep+it%22%7D"
    mac = hmac.new(GIVEN.encode(), raw, hashlib.sha256).hexdigest()
    given = ("--secret-stdin", "--header", f"X-Hub-Signature-256: sha256={mac}")
    for body, code, word in ((raw, 0, "is valid"), (b'{"zen":"Keep it"}', 1, "what was signed is a form")):
        (tmp_path / "body").write_bytes(body)
        found, shown = said(clone, "--body", str(tmp_path / "body"), *given, stdin=GIVEN)
        assert (found, word in shown) == (code, True), shown


def test_one_of_several_signatures(clone: Demo, tmp_path: Path) -> None:
    """While a secret is rotated, the header has one for each."""
    (tmp_path / "body").write_text(BODY, "utf-8")
    now = int(time.time())
    macs = [
        hmac.new(key.encode(), f"{now}.{BODY}".encode(), hashlib.sha256).hexdigest() for key in ("old", GIVEN)
    ]
    given = ("--body", str(tmp_path / "body"), "--secret-stdin", "--header")
    code, shown = said(clone, *given, f"Stripe-Signature: t={now},v1={macs[0]},v1={macs[1]}", stdin=GIVEN)
    assert (code, "one of 2 signatures in the header, not the first" in shown) == (0, True), shown
    code, shown = said(clone, *given, f"Stripe-Signature: t={now},v1={macs[1]},v1={macs[0]}", stdin=GIVEN)
    assert (code, "not the first" in shown) == (0, False), shown


def test_a_headers_name_cannot_steer_the_terminal(clone: Demo, tmp_path: Path) -> None:
    (tmp_path / "body").write_text(BODY, "utf-8")
    odd = ("--provider", "shopify", "--header", f"X-\x1b[2J\x9b1mOdd: {signature(GIVEN)}")
    code, shown = said(clone, "--body", str(tmp_path / "body"), *odd, "--secret-stdin", stdin=GIVEN)
    assert (code, "the signature is in x-" in shown) == (1, True), shown
    assert not [c for c in shown if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f"], repr(shown)


def test_a_suspicion_is_called_one(clone: Demo, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("[object Object]")
    code, shown = said(
        clone, "--body", str(tmp_path / "body"), *header("another"), "--secret-stdin", stdin=GIVEN
    )
    assert (code, "suspicion, not proven: the body here is the text" in shown) == (1, True), shown


def test_one_that_was_kept(clone: Demo, secrets: dict[str, str]) -> None:
    for number, secret in ((1, secrets["SHOPIFY_CLIENT_SECRET"]), (2, "another")):
        when = datetime(2026, 11, 24, 12, 0, number).astimezone()
        headers = (("X-Shopify-Topic", "orders/create"), ("X-Shopify-Hmac-Sha256", signature(secret)))
        id = f"20261124-120000-00{number}"
        keep(clone.root, Capture(id, when, "POST", "/x", headers, BODY.encode()))
    assert said(clone, "20261124-120000-001")[0] == 0
    code, shown = said(clone, "last")
    assert code == 1, shown
    code, shown = said(clone, "20261124-120000-009")
    assert (code, "no webhook '20261124-120000-009'" in shown) == (2, True), shown


def test_as_json(clone: Demo, secrets: dict[str, str]) -> None:
    right = ("--body", "-", *header(secrets["SHOPIFY_CLIENT_SECRET"]), "--json")
    good = clone.devkit("webhook", "verify", *right, stdin=BODY)
    found = json.loads(good.stdout)
    assert (found["command"], found["findings"]) == ("webhook verify", [])
    bad = clone.devkit("webhook", "verify", *right, check=False, stdin=BODY + "x")
    assert bad.returncode == 1
    (finding,) = json.loads(bad.stdout)["findings"]
    assert finding["id"].startswith("webhook.")
    assert secrets["SHOPIFY_CLIENT_SECRET"] not in good.stdout + bad.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which webhook?"),
        (("last", "--body", "-"), "which webhook?"),
        (("--body", "-", "--secret-stdin"), "standard input can be the body or the secret, not both"),
        (("--body", "-", "--header", "nonsense"), "not 'NAME: VALUE'"),
        (("--body", "-"), "none of the headers is a provider's signature"),
        (("--body", "-", *header("x"), "--secret-name", "NOTHING_LIKE_IT"), "no secret NOTHING_LIKE_IT"),
        (("--body", "-", *header("x"), "--secret-name", "SHOPIFY_CLIENT_SECRT"), "did you mean SHOPIFY_CLIENT_SECRET?"),
        (("--body", "-", *header("x"), "--secret-name", GIVEN), "takes the name of a secret, never its value"),
        (("--body", "-", "--provider", "Shopify"), "did you mean 'shopify'?"),
        (("--body", "/does/not/exist", *header("x")), "No such file"),
        (("--body", __file__, *header("x"), "--secret-stdin"), "standard input holds no secret, or white space only"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(clone: Demo, arguments: tuple[str, ...], message: str) -> None:
    code, shown = said(clone, *arguments, stdin="")
    assert (code, message in shown) == (2, True), shown
