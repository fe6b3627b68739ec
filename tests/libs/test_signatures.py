"""libs/signatures: known answers from the providers, and what must never verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import signatures
from hypothesis import given
from hypothesis import strategies as st
from signatures import Generic, Scheme, UnknownScheme, scheme
from signatures.generic import ALGORITHMS, ENCODINGS, Claim
from signatures.headers import combined, first, same, seconds

VECTORS = Path(__file__).parents[1] / "vectors" / "webhooks.json"
NOW = 1_614_265_330
SCHEMES: dict[str, Scheme] = {name: scheme(name) for name in signatures.names()} | {
    "generic-everything": Generic(
        "X-Acme-Signature", "sha512", "base64url", "v0:", timestamp_header="X-Acme-Time", tolerance=60,
        id_header="X-Acme-Id", signed="v0:{id}:{timestamp}:{body}",
    ),
    "generic-sha1": Generic("X-Acme-Signature", "sha1"),
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", SCHEMES)
# The seconds that a time may be off; the providers' own libraries take 300.
TIMED = {"standard-webhooks": 300, "stripe": 300, "generic-everything": 60}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Vector(NamedTuple):
    provider: str
    key: str
    body: bytes
    sent: dict[str, str]


def vectors() -> list[Vector]:
    rows = json.loads(VECTORS.read_text())
    return [
        Vector(
            row["provider"],
            row["key"],
            row["body"].encode(),
            {**row.get("headers", {}), row["header"]: row["value"]},
        )
        for row in rows
    ]


def signed(name: str, body: bytes = b"{}", secret: str = SECRET, timestamp: int = NOW) -> dict[str, str]:
    return SCHEMES[name].sign(secret, body, message_id="msg_1", timestamp=timestamp)


def test_all_known_answers_are_there() -> None:
    assert len(vectors()) == 5


@pytest.mark.parametrize("vector", vectors(), ids=lambda v: f"{v.provider}-{v.key[:6]}")
def test_known_answers(vector: Vector) -> None:
    signature = scheme(vector.provider)
    made = signature.sign(
        vector.key,
        vector.body,
        message_id=vector.sent.get("webhook-id", ""),
        timestamp=int(vector.sent.get("webhook-timestamp", 0)),
    )
    assert made.items() >= vector.sent.items()
    assert signature.verify(vector.key, vector.body, vector.sent, now=NOW)
    upper = {name.upper(): value for name, value in vector.sent.items()}
    assert signature.verify(vector.key, vector.body, upper, now=NOW)
    assert not signature.verify(vector.key, vector.body + b" ", vector.sent, now=NOW) or signature.sign(
        "a", b"b"
    ) == signature.sign("a", b"c")


def test_every_scheme_is_found_by_name() -> None:
    known = {"github", "sendcloud", "shopify", "simplyprint", "standard-webhooks", "stripe"}
    assert set(signatures.names()) == known
    with pytest.raises(UnknownScheme, match="unknown signature scheme 'paypal'"):
        scheme("paypal")


@EVERY
@given(
    secret=st.binary(min_size=3, max_size=40).map(lambda b: b.hex()),
    body=st.binary(max_size=300),
)
def test_what_is_signed_verifies_and_another_secret_does_not(name: str, secret: str, body: bytes) -> None:
    headers = signed(name, body, secret)
    assert SCHEMES[name].verify(secret, body, headers, now=NOW)
    assert not SCHEMES[name].verify(f"{secret}0123", body, headers, now=NOW)


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "simplyprint"])
def test_one_changed_byte_is_noticed(name: str) -> None:
    headers = signed(name, b'{"id": 1}')
    assert SCHEMES[name].verify(SECRET, b'{"id": 1}', headers, now=NOW)
    assert not SCHEMES[name].verify(SECRET, b'{"id": 2}', headers, now=NOW)


@EVERY
def test_missing_empty_and_odd_headers_prove_nothing(name: str) -> None:
    right = signed(name, b"")
    for header in right.keys() - {"X-Hub-Signature"}:  # GitHub's old one, at which nobody looks
        for odd in ("", " ", "\udcff\u00e9", "\ud800", "=", ",", "v1,", "t=,v1=", "٣", "9" * 5000, "a, b"):
            assert not SCHEMES[name].verify(SECRET, b"", {**right, header: odd}, now=NOW)
        rest = {key: value for key, value in right.items() if key != header}
        assert not SCHEMES[name].verify(SECRET, b"", rest, now=NOW)
    assert not SCHEMES[name].verify(SECRET, b"", {}, now=NOW)


@EVERY
@given(
    secret=st.text(st.characters(), max_size=30).filter(str.strip),
    body=st.binary(max_size=50),
    values=st.lists(st.text(st.characters(), max_size=80), min_size=3, max_size=3),
)
def test_nothing_raises(name: str, secret: str, body: bytes, values: list[str]) -> None:
    names = signed(name)
    SCHEMES[name].sign(secret, body, message_id=values[0])
    SCHEMES[name].verify(secret, body, dict(zip(names, values, strict=False)), now=NOW)


@pytest.mark.parametrize("name", TIMED)
def test_the_time_is_within_the_tolerance_on_either_side(name: str) -> None:
    most = TIMED[name]
    for age, holds in ((0, True), (most, True), (-most, True), (most + 1, False), (-most - 1, False)):
        assert SCHEMES[name].verify(SECRET, b"{}", signed(name, timestamp=NOW - age), now=NOW) is holds, age
    # Without a time of the caller's it is the clock's, which is years later.
    assert not SCHEMES[name].verify(SECRET, b"{}", signed(name))


@pytest.mark.parametrize("name", TIMED)
def test_id_and_time_are_signed(name: str) -> None:
    right, later = signed(name), signed(name, timestamp=NOW + 1)
    signature = SCHEMES[name].signature_headers[0]
    for header in right.keys() - {signature}:
        changed = {**right, header: later[header] if later[header] != right[header] else "msg_2"}
        assert not SCHEMES[name].verify(SECRET, b"{}", changed, now=NOW)
    if name == "stripe":
        moved = right[signature].replace(f"t={NOW}", f"t={NOW + 1}")
        assert not SCHEMES[name].verify(SECRET, b"{}", {signature: moved}, now=NOW)


def test_a_header_of_stripes_with_two_times_proves_nothing() -> None:
    right = signed("stripe")["Stripe-Signature"]
    for value in (
        f"{right}, {right}",
        f"{right},t=1",
        f"t=1,{right}",
        f"{right},t=",
        right.partition(",")[2],
    ):
        assert not scheme("stripe").verify(SECRET, b"{}", {"Stripe-Signature": value}, now=NOW)


def test_while_a_secret_is_replaced_there_are_several_signatures() -> None:
    for name, header, join in (
        ("standard-webhooks", "webhook-signature", " "),
        ("stripe", "Stripe-Signature", ","),
    ):
        old, new = signed(name, secret="b2xkIG9sZCBvbGQ=")[header], signed(name)[header]
        new_alone = new.partition(",")[2] if name == "stripe" else new
        both = {**signed(name), header: f"{old}{join}v1a,AAAA{join}{new_alone}"}
        assert SCHEMES[name].verify(SECRET, b"{}", both, now=NOW)
        assert SCHEMES[name].verify("b2xkIG9sZCBvbGQ=", b"{}", both, now=NOW)
        assert not SCHEMES[name].verify("b3RoZXI=", b"{}", both, now=NOW)


def test_a_secret_of_standard_webhooks_may_be_written_in_several_ways() -> None:
    key = "+/+/+/+/+/+/+/+/+/+/+w=="
    signature = scheme("standard-webhooks")
    assert isinstance(signature, Generic)
    headers = signature.sign(f"whsec_{key}", b"{}", message_id="a", timestamp=NOW)
    for secret in (key, f"whsec_{key.rstrip('=')}", key.replace("+", "-").replace("/", "_")):
        assert signature.verify(secret, b"{}", headers, now=NOW)
    for usable, bytes_of_it in (("xx==", b"\xc7"), ("whsec_xxxx", b"\xc7\x1c\x71")):
        assert signature.key(usable) == bytes_of_it
        made = signature.sign(usable, b"{}", message_id="a", timestamp=NOW)
        assert signature.verify(usable, b"{}", made, now=NOW)
    for none in ("whsec_not base64!", "YWJj ZGVm", "YWJj!ZGVm", "ü", "a"):
        assert signature.key(none) == b""
        made = signature.sign(none, b"{}", message_id="a", timestamp=NOW)
        assert not signature.verify(none, b"{}", made, now=NOW)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_generic_scheme_takes_its_own_settings_alone(algorithm: str, encoding: str) -> None:
    made = Generic("X-Signature", algorithm, encoding, "p=").sign("secret", b"\xff\xfb\xef" * 9)
    fits = [
        (other, form)
        for other in ALGORITHMS
        for form in ENCODINGS
        if Generic("X-Signature", other, form, "p=").verify("secret", b"\xff\xfb\xef" * 9, made)
    ]
    assert fits == [(algorithm, encoding)]
    assert not Generic("X-Signature", algorithm, encoding).verify("secret", b"\xff\xfb\xef" * 9, made)


@pytest.mark.parametrize(("encoding", "text"), [("hex", "fbff31"), ("base64", "+/8x"), ("base64url", "-_8x")])
def test_how_a_digest_is_written(encoding: str, text: str) -> None:
    assert Generic("X-Signature", encoding=encoding).written(b"\xfb\xff\x31") == text


def test_a_time_that_is_not_signed_is_still_looked_at() -> None:
    loose = Generic("X-Signature", timestamp_header="X-Time", tolerance=10)
    made = loose.sign("secret", b"{}", timestamp=NOW)
    assert loose.verify("secret", b"{}", made, now=NOW + 10)
    assert not loose.verify("secret", b"{}", made, now=NOW + 11)
    assert loose.verify("secret", b"{}", {**made, "X-Time": str(NOW + 11)}, now=NOW + 11)


def test_without_a_tolerance_any_time_is_good() -> None:
    patient = Generic("X-Signature", timestamp_header="X-Time", signed="{timestamp}.{body}")
    assert patient.verify("secret", b"{}", patient.sign("secret", b"{}", timestamp=1), now=NOW)


def test_what_is_signed_without_an_id_and_a_time() -> None:
    assert scheme("stripe").sign("secret", b"{}")["Stripe-Signature"].startswith("t=0,v1=")
    whole = Generic("X-Signature", timestamp_header="X-Time", id_header="X-Id")
    made = whole.sign("secret", b"{}")
    assert (made["X-Time"], made["X-Id"]) == ("0", "")
    for ours in (whole, scheme("stripe")):
        assert isinstance(ours, Generic)
        assert ours.sign_with_key(b"secret", b"{}") == ours.sign("secret", b"{}")
    assert Generic("X-Signature").sign("secret", b"{}", message_id="a", timestamp=5).keys() == {"X-Signature"}


def test_every_part_is_signed_in_its_place() -> None:
    """Also twice, and beside what only looks like a part."""
    both = Generic(
        "X-Signature", timestamp_header="X-Time", id_header="X-Id", signed="{id}{id}.{timestamp}{other}{body}"
    )
    made = both.sign("secret", b"{id}", message_id="m", timestamp=5)
    plain = Generic("X-Signature").sign("secret", b"mm.5{other}{id}")
    assert made == {**plain, "X-Id": "m", "X-Time": "5"}


def test_what_has_no_header_is_signed_as_nothing() -> None:
    bare = Generic("X-Signature", signed="{id}{timestamp}{body}")
    made = bare.sign("secret", b"{}", message_id="m", timestamp=5)
    assert made == Generic("X-Signature").sign("secret", b"{}")
    assert bare.verify("secret", b"{}", made)


def test_what_a_request_says_of_itself() -> None:
    whole = Generic("X-Signature", timestamp_header="X-Time", id_header="X-Id")
    assert whole.claim({"x-id": " m ", "x-time": " 5 "}) == Claim("m", "5")
    for headers in (
        {"x-time": "5"},
        {"x-id": " ", "x-time": "5"},
        {"x-id": "m"},
        {"x-id": "m", "x-time": "x"},
    ):
        assert whole.claim(headers) is None
    assert Generic("X-Signature").claim({"x-id": "m", "": "5"}) == Claim() == Claim("", "")
    stripe = scheme("stripe")
    assert isinstance(stripe, Generic)
    assert stripe.claim({"Stripe-Signature": "t=5"}) == Claim("", "5")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("1614265330", NOW), ("9" * 15, 10**15 - 1), ("9" * 16, None), ("", None), (" 1", None), ("-1", None),
        ("1.5", None), ("1_0", None), ("²", None), ("٣", None), ("one", None),
    ],
)  # fmt: skip
def test_a_time_in_seconds(text: str, value: int | None) -> None:
    assert seconds(text) == value


def test_headers_that_come_twice_are_one_that_is_wrong() -> None:
    made = signed("github")["X-Hub-Signature-256"]
    pairs = [
        ("X-Hub-Signature-256", made),
        ("Other", "1"),
        ("x-hub-signature-256", made),
        ("OTHER", "2"),
        ("other", "3"),
    ]
    assert combined(pairs[:2]) == {"x-hub-signature-256": made, "other": "1"}
    together = combined(pairs)
    assert together == {"x-hub-signature-256": f"{made}, {made}", "other": "1, 2, 3"}
    assert not scheme("github").verify(SECRET, b"{}", together)


def test_the_first_header_that_is_there_counts() -> None:
    headers = {"B": "second", "a": "first", "empty": ""}
    assert first(headers, "A", "b") == "first"
    assert first(headers, "none", "b", "A") == "second"
    assert first(headers, "EMPTY", "a") == ""
    assert first(headers, "none") is None
    assert first(headers) is None


def test_nothing_is_the_same_as_nothing() -> None:
    for expected, received in (
        ("", ""),
        ("", None),
        ("a", None),
        ("a", ""),
        ("", "a"),
        ("a", "b"),
        ("a", " "),
    ):
        assert same(expected, received) is False
    assert same("a", "a")
    assert same("a", " a\t"), "HTTP trims a header"
    assert not same(" a", " a"), "and a secret with white space does not come through"


def test_an_unknown_scheme_is_told_which_there_are() -> None:
    with pytest.raises(UnknownScheme, match=r"known are github, sendcloud, .*, standard-webhooks, stripe$"):
        scheme("standard_webhooks")


def test_both_spellings_of_a_header_are_accepted() -> None:
    value = scheme("shopify").sign("s", b"b")["X-Shopify-Hmac-Sha256"]
    assert scheme("shopify").verify("s", b"b", {"shopify-hmac-sha256": value})
    simplyprint = scheme("simplyprint")
    assert simplyprint.sign("s", b"b") == {"X-SP-Secret": "s"}
    for header in simplyprint.signature_headers:
        assert simplyprint.verify("s", b"b", {header: "s"})
    assert simplyprint.signature_headers == ("X-SP-Secret", "X-SP-Token")
