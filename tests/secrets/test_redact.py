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
from devkit.secrets.known import clone_redactor, is_secret_name, known_secrets, public_values
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


@pytest.mark.parametrize(
    "secret", ["\"ü <&/+\\é'", "ü\"'~?", "  padded & quoted'  ", '  "padded" \\ & more  ', "~?~", "?'\"", "/"]
)
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
    secret_file(tmp_path).write_bytes(
        b"stringData:\n\tSESSION_SECRET: 'planted one'\n  OTHER: [planted two\n: : :\n  THIRD: pl\xffnted\n  F\xc3\xbc: '\xc3\xbc'"
    )
    assert {"planted one", "planted two", "pl\ufffdnted", "ü"} <= known_secrets(tmp_path, None, {})


def test_a_file_that_cannot_be_read_holds_none(tmp_path: Path) -> None:
    secret_file(tmp_path).mkdir(parents=True)
    assert known_secrets(tmp_path, None, {"A_TOKEN": "planted"}) == {"planted"}


@pytest.mark.parametrize(
    "name",
    [
        "SECRET", "A_SECRET_B", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIALS", "API_KEY", "APIKEY", "ACCESS_KEY", "ACCESSKEY",
        "PRIVATE_KEY", "PRIVATEKEY", "SENTRY_DSN", "my_token", "DATABASE_URL", "REDIS_URL",
    ],
)  # fmt: skip
def test_variables_that_hold_a_secret_by_their_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["PATH", "KEY", "KEYBOARD", "API", "OTHER_DATABASE_URL", "URL", "A_URL", "Z"]
)
def test_variables_that_hold_none(name: str) -> None:
    assert not is_secret_name(name)


def test_variables_that_the_table_calls_secret(tmp_path: Path) -> None:
    table = read_table(table_file(Path(ROOT)))
    name = next(name for name in table.secrets if not is_secret_name(name))
    environ = {name: "planted", f"{name}_2": "public", "PATH": "public too"}
    assert known_secrets(tmp_path, table, environ) == {"planted"}
    assert known_secrets(tmp_path, None, environ) == set()


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        *((word, False) for word in ("v1", "Secret", "Opaque", "true", "false", "null", "yes", "no", "on", "off", "0", "1")),
        ("", False), (" \n", False), ("/", False), ("/nowhere/at-all", True), ("file", True), ("/" + "x" * 300, True),
        ("01", True),
    ],
)  # fmt: skip
def test_values_that_are_no_secret_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, secret: bool
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert known_secrets(tmp_path, None, {"A_TOKEN": value}) == ({value} if secret else set())


def test_more_values_and_none_that_the_table_gives() -> None:
    assert public_values(None) == set()
    table = read_table(table_file(Path(ROOT)))
    assert "forma3d_dev" in public_values(table)
    assert "" not in public_values(table)
    assert clone_redactor(Path(ROOT) / "none", None, {}, ["given besides"])("a given besides") == "a •••"
