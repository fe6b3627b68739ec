"""Which changes count, and which are worth waiting for more."""

from __future__ import annotations

from pathlib import Path

import pytest
from devserve.changes import PATIENCE, concerns_code, lasting, patience

ADDED, MODIFIED, DELETED = 1, 2, 3


@pytest.mark.parametrize(
    "name",
    ["main.py", "words.json", "page.html", ".env", "a/b/c.py", "#notes.txt", "backup.py", "parts/x.py"],
)
def test_what_a_service_may_load_concerns_it(name: str) -> None:
    assert concerns_code(f"/app/apps/x/src/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/main.pyc",
        ".main.py.swp",
        "main.py~",
        ".#main.py",
        "4913",
        "main.tmp",
        "#main.py#",
        ".DS_Store",
        "._main.py",
        "main.py___jb_tmp___",
        ".goutputstream-A1B2C3",
        "main.py.bak",
        "main.py.orig",
        ".main.py.kate-swp",
        ".idea/workspace.xml",
        ".ipynb_checkpoints/main.py",
        ".nfs000000000001",
        "desktop.ini",
        ".coverage.host.1",
    ],
)
def test_what_tools_leave_behind_does_not(name: str) -> None:
    assert not concerns_code(f"/app/apps/x/src/{name}")


def test_complete_files_are_acted_on_at_once_and_others_later(tmp_path: Path) -> None:
    whole, half, data = tmp_path / "whole.py", tmp_path / "half.py", tmp_path / "data.json"
    whole.write_text("x = [1]\n")
    half.write_text("x = [1,\n")
    data.write_text("{")
    assert patience([str(whole), str(data)]) == 0
    assert patience([str(whole), str(half)]) == PATIENCE
    assert patience([str(tmp_path / "gone.py")]) == PATIENCE
    assert patience([]) == 0


def test_what_only_came_and_went_is_no_change(tmp_path: Path) -> None:
    kept = tmp_path / "kept.py"
    kept.write_text("")
    batch = [
        (ADDED, str(tmp_path / "passing")), (DELETED, str(tmp_path / "passing")), (MODIFIED, str(tmp_path)),
        (DELETED, str(kept)), (ADDED, str(kept)), (DELETED, str(tmp_path / "gone")),
    ]  # fmt: skip
    assert lasting(batch) == {str(kept), str(tmp_path / "gone")}
