"""Each mistake, made by hand with an implementation of its own, is told from all the others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace

import pytest
from devkit.webhooks.diagnose import ReceivedRequest, diagnose, is_valid
from signatures import scheme

KEY, OTHER = "a-secret-of-shopify", "a-secret-of-sendcloud"
BODY = b'{"id":9007199254740993,"note":"f\xc3\xbcr/5","b":[1,2],"a":"x"}'
NOW = 1_700_000_000
RAW = base64.b64encode(b"k" * 24).decode()


def mac(body: bytes = BODY, key: str | bytes = KEY, algorithm: str = "sha256") -> bytes:
    return hmac.new(key.encode() if isinstance(key, str) else key, body, algorithm).digest()


def b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def shopify(
    signature: str, body: bytes = BODY, secret: str = KEY, name: str = "X-Shopify-Hmac-Sha256"
) -> ReceivedRequest:
    others = {"SENDCLOUD_SECRET_KEY": OTHER, "SHOPIFY_CLIENT_SECRET_PREVIOUS": "the-old-one"}
    return ReceivedRequest(
        scheme("shopify"), ((name, signature),), body, secret, "SHOPIFY_CLIENT_SECRET", NOW, others
    )


def github(signature: str) -> ReceivedRequest:
    return ReceivedRequest(
        scheme("github"), (("X-Hub-Signature-256", signature),), BODY, KEY, "GITHUB_SECRET", NOW
    )


def standard(
    then: int = NOW, key: bytes = b"k" * 24, prefix: str = "webhook", now: int = NOW, secret: str = ""
) -> ReceivedRequest:
    signature = b64(mac(b"msg_1.%d." % then + BODY, key))
    headers = (
        (f"{prefix}-id", "msg_1"),
        (f"{prefix}-timestamp", str(then)),
        (f"{prefix}-signature", f"v1,{signature}"),
    )
    return ReceivedRequest(
        scheme("standard-webhooks"), headers, BODY, secret or f"whsec_{RAW}", "HOOK_SECRET", now
    )


def signed_body(body: bytes) -> ReceivedRequest:
    """Something else was signed than what is here."""
    return shopify(b64(mac(body)))


PARSED = json.loads(BODY)
DOUBLED = replace(
    shopify(""), headers=(("X-Shopify-Hmac-Sha256", b64(mac())), ("x-shopify-hmac-sha256", "AAAA"))
)
MISTAKES = {
    "no-secret": [shopify(b64(mac()), secret=""), shopify(b64(mac()), secret=" ")],
    "no-signature": [shopify(""), replace(shopify(""), headers=())],
    "other-secret": [shopify(b64(mac(key=OTHER)))],
    "previous-secret": [shopify(b64(mac(key="the-old-one")))],
    "secret-with-more": [shopify(b64(mac()), secret=s) for s in (f"{KEY}\n", f" {KEY}", f'"{KEY}"', f"'{KEY}'\n")],
    "secret-with-less": [shopify(b64(mac(key=k))) for k in (f"{KEY}\n", f"{KEY}\r\n", f"{KEY} ", f'"{KEY}"')],
    "secret-decoding": [
        shopify(b64(mac(key=b"k" * 24)), secret=RAW),
        shopify(b64(mac(key=b"\xff\xfe\x01")), secret="fffe01"),
        standard(key=f"whsec_{RAW}".encode()),
        standard(key=RAW.encode()),
    ],
    "body-written-anew": [
        signed_body(json.dumps(PARSED).encode()),
        signed_body(json.dumps(PARSED, indent=2, ensure_ascii=False).encode()),
        signed_body(json.dumps(PARSED, sort_keys=True, separators=(",", ":")).encode()),
        signed_body(json.dumps(PARSED, indent=4, sort_keys=True).encode() + b"\n"),
        signed_body(BODY.replace(b"/", b"\\/")),
    ],
    "body-line-ends": [
        signed_body(BODY + b"\n"),
        signed_body(BODY + b"\r\n"),
        shopify(b64(mac()), BODY + b"\n"),
        shopify(b64(mac(b'{\n"a": 1\n}')), b'{\r\n"a": 1\r\n}'),
        shopify(b64(mac(b'{\r\n"a": 1\r\n}')), b'{\n"a": 1\n}'),
    ],
    "body-charset": [
        signed_body(BODY.decode().encode("latin-1")),
        signed_body(BODY.decode().encode("utf-16")),
        signed_body(b"\xef\xbb\xbf" + BODY),
        shopify(b64(mac()), b"\xef\xbb\xbf" + BODY),
    ],
    "misencoded-signature": [
        shopify(mac().hex()),
        shopify(mac().hex().upper()),
        shopify(b64(mac()).rstrip("=")),
        shopify(base64.urlsafe_b64encode(mac(b"{}2")).decode(), b"{}2"),
        shopify(f"sha256={b64(mac())}"),
        shopify(f'"{b64(mac())}"'),
        shopify(b64(mac().hex().encode())),
        github(mac().hex()),
        github(f"sha256=sha256={mac().hex()}"),
        github(f"sha256={mac().hex().upper()}"),
        github(f"sha256={b64(mac())}"),
        github(f"SHA256={mac().hex()}"),
    ],
    "wrong-length-signature": [shopify(b64(mac())[:20]), github(f"sha256={mac().hex()[:-4]}"), github(f"sha256={mac().hex()}0")],
    "other-header": [shopify(b64(mac()), name="X-Hmac"), standard(prefix="acme")],
    "doubled-header": [DOUBLED],
    "out-of-time": [standard(NOW - 301), standard(NOW + 400), standard(NOW - 7200)],
    "time-in-other-unit": [standard(NOW * 1000)],
    "other-algorithm": [
        shopify(b64(mac(algorithm="sha1"))),
        shopify(mac(algorithm="sha512").hex()),
        github(f"sha1={mac(algorithm='sha1').hex()}"),
    ],
    "body-or-secret": [signed_body(BODY + b"changed"), shopify(b64(mac(key="nobody's")))],
    "plain-hash": [shopify(b64(hashlib.sha256(BODY).digest()))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "request_"), [(name, each) for name, made in MISTAKES.items() for each in made]
)
def test_a_mistake_is_named(name: str, request_: ReceivedRequest) -> None:
    assert not is_valid(request_)
    cause = diagnose(request_)
    assert cause.name == name, cause
    for secret in (KEY, OTHER, RAW, "the-old-one"):
        assert secret not in cause.message + cause.fix


def test_what_is_right_holds() -> None:
    assert is_valid(shopify(b64(mac())))
    assert is_valid(github(f"sha256={mac().hex()}"))
    assert is_valid(standard())


@pytest.mark.parametrize(
    ("then", "said"),
    [(NOW - 301, "301 s|5.02 min"), (NOW + 7200, "2 h in the future.*used as UTC"), (NOW - 86_400 * 3, "3 d ago")],
)  # fmt: skip
def test_the_time_is_told(then: int, said: str) -> None:
    assert re.search(said, diagnose(standard(then)).message), diagnose(standard(then)).message
