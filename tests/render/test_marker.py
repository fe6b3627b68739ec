"""Whose a file is, told from the file alone."""

from __future__ import annotations

import pytest
from devkit.render.marker import Owner, owner_of, with_marker
from hypothesis import given
from hypothesis import strategies as st

PATHS = ["k8s/dev/a.yaml", ".env.example", "docs/a.md", "dev/a.json", "k8s/dev/secret.yaml.example"]


@pytest.mark.parametrize("path", PATHS)
def test_ours_edited_copied(path: str) -> None:
    content = with_marker(path, '{\n  "a": 1\n}\n')
    assert owner_of(path, content) is Owner.DEVKIT
    assert owner_of(path, content.replace(b"\n", b"\r\n")) is Owner.DEVKIT
    assert owner_of(path, content + b"# more\n") is Owner.EDITED
    assert owner_of(path, content.replace(b"sha256 ", b"sha256 0")) is Owner.OTHER
    assert owner_of("elsewhere.yaml", content) is Owner.OTHER


@given(st.binary())
def test_any_other_file_is_not_ours(content: bytes) -> None:
    assert owner_of("a.yaml", content) is Owner.OTHER


@given(st.text(), st.text(min_size=1))
def test_any_edit_is_noticed(text: str, edit: str) -> None:
    text, edit = (part.encode("utf-8", "replace").decode() for part in (text, edit))
    content = with_marker("a.yaml", text)
    assert owner_of("a.yaml", content) is (Owner.EDITED if "\r\n" in text else Owner.DEVKIT)
    changed = content + edit.encode()
    if changed.replace(b"\r\n", b"\n") != content:
        assert owner_of("a.yaml", changed) is Owner.EDITED
