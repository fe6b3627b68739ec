"""No secret in text that leaves, however it is written there."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from devkit.base.paths import table_file
from devkit.secrets import ensure_secrets, secret_file
from devkit.secrets.known import clone_redactor, known_secrets
from devkit.secrets.redact import Redactor
from devkit.table.load import read_table
from hypothesis import given
from hypothesis import strategies as st

from tests.support.platform import ROOT

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_categories=["Cs", "Cc"]), min_size=6, max_size=40)  # fmt: skip


@given(secret=SECRETS, before=st.text(max_size=9), after=st.text(max_size=9))
def test_every_way_of_writing(secret: str, before: str, after: str) -> None:
    clean = Redactor([secret])
    for written in (
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
    ):
        assert written not in clean(f"{before} {written} {after}").replace(before, "").replace(after, "")


@given(
    secret=st.text("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789_-", min_size=12, max_size=40),
    before=st.integers(0, 6),
    after=st.integers(0, 6),
)
def test_inside_something_longer_in_base64(secret: str, before: int, after: int) -> None:
    """As in `Authorization: Basic`, where the value starts at any byte: what is left says at most its two edges."""
    whole = base64.b64encode(b"u" * before + secret.encode() + b":" * after).decode()
    left = Redactor([secret])(whole)
    assert "•••" in left
    for start in range(4):
        text = left.replace("•••", "")[start:]
        decoded = base64.b64decode(text[: len(text) // 4 * 4] + "====")
        assert secret.encode()[2:-2] not in decoded


@pytest.mark.parametrize("secret", ["~~~???", "ab#$%cd?", "ab#$%cd?~"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_what_is_left_of_a_value_in_base64(secret: str, encode: Callable[[bytes], bytes]) -> None:
    """Of the signs that say something of it only those that say something of its neighbour too."""
    clean, raw = Redactor([secret]), secret.encode()
    for before in range(7):
        for after in range(7):
            whole = encode(b"u" * before + raw + b":" * after).decode()
            start, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            if before % 3 == 0 and after == 0:
                end = len(whole)  # as it is written by itself
            assert clean(whole) == f"{whole[:start]}•••{whole[end:]}"


@pytest.mark.parametrize("secret", ["\"ü <&/+\\é'", "ü\"'~?", "  padded & quoted'  ", "~?~", "?'\"", "/"])
def test_nothing_is_left_of_a_value_and_nothing_beside_it_is_taken(secret: str) -> None:
    clean = Redactor(["", secret])
    for written in (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
    ):
        assert clean(f"[{written}]") == "[•••]"
    if len(secret.encode()) >= 6:
        assert clean(f"[{secret.strip()}]") == "[•••]"


@pytest.mark.parametrize(("value", "masked"), [("12345", False), ("123456", True)])
def test_from_six_signs_on_a_value_is_masked_within_words(value: str, masked: bool) -> None:
    assert Redactor([value])(f"x{value}x") == ("x•••x" if masked else f"x{value}x")


def test_a_longer_value_is_masked_as_a_whole() -> None:
    assert (
        Redactor(["secret", "secret-of-one", "none-secret"])("a secret-of-one, none-secret") == "a •••, •••"
    )


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("redis://:abc@h", "••• •••"),
        ("redis://:ab@h", "••• ab"),
        ("http://[::1", "••• abc"),
        ("http://u@h", "••• abc"),
    ],
)
def test_a_url_and_its_password(value: str, safe: str) -> None:
    """Two signs are in every other word."""
    assert Redactor([value])(f"{value} {'ab' if ':ab@' in value else 'abc'}") == safe


def test_the_password_of_a_url_by_itself() -> None:
    clean = Redactor(["postgresql://forma3d:pa%2Fss@localhost:5432/forma3d"])
    assert clean("password authentication failed with pa%2Fss") == "password authentication failed with •••"


def test_short_values_as_whole_words_alone() -> None:
    clean = Redactor(["abc", "k"])
    assert clean("abc abcd k kk a-abc-b") == "••• abcd ••• kk a-•••-b"


def test_values_that_the_repository_names() -> None:
    clean = Redactor(["postgres://u:demo@h/demo", "real-secret"], ["demo"])
    assert clean("the database demo, real-secret, postgres://u:demo@h/demo") == "the database demo, •••, •••"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("GET redis://:hunter2@localhost:6379/0", "GET redis://:•••@localhost:6379/0"),
        ("Authorization: Bearer abc.def", "Authorization: •••"),
        ('{"x-api-key": "abc", "other": 1}', '{"x-api-key": "•••", "other": 1}'),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: •••"),
        ("token eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "token •••"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter", "•••\nafter"),
        (
            "http://localhost:3000/health and user@host:path",
            "http://localhost:3000/health and user@host:path",
        ),
    ],
)
def test_secrets_by_their_form(text: str, safe: str) -> None:
    assert Redactor([])(text) == safe


def test_what_is_known_in_a_clone_and_a_shell(tmp_path: Path) -> None:
    (tmp_path / "k8s" / "dev").mkdir(parents=True)
    table = read_table(table_file(Path(ROOT)))
    ensure_secrets(tmp_path, table)
    environ = {
        "SESSION_SECRET": "from-the-shell",
        "GITHUB_TOKEN": "ghp_planted",
        "DATABASE_URL": "postgres://me:mine@h/d",
        "TOKEN_FILE": str(tmp_path),
        "PATH": "/usr/bin",
    }
    known = known_secrets(tmp_path, table, environ)
    assert {"from-the-shell", "ghp_planted", "postgres://me:mine@h/d"} <= known
    assert not {str(tmp_path), "/usr/bin"} & known
    text = secret_file(tmp_path).read_text()
    clean = clone_redactor(tmp_path, table, environ)
    made = [
        line.split(":", 1)[1].strip().strip('"')
        for line in text.splitlines()
        if line.startswith("  SESSION_")
    ]
    assert made
    assert made[0] not in clean(text)
    assert "forma3d_dev" in clean("the user's password is forma3d_dev"), "dev/services.yaml has it in clear"


def test_a_broken_file_keeps_its_secrets_too(tmp_path: Path) -> None:
    secret_file(tmp_path).parent.mkdir(parents=True)
    secret_file(tmp_path).write_text(
        "stringData:\n\tSESSION_SECRET: 'planted one'\n  OTHER: [planted two\n: : :"
    )
    assert {"planted one", "planted two"} <= known_secrets(tmp_path, None, {})
