"""Only other bytes are a change, and none is missed after a time in which nothing was told."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from devserve.contents import Contents


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "main.py").write_text("x = 1\n")
    (tmp_path / "src" / "deep" / "data.json").write_text("{}")
    return tmp_path / "src"


def test_what_is_no_change(source: Path) -> None:
    contents = Contents([source])
    main = source / "main.py"
    main.chmod(0o600)
    os.utime(main)
    main.write_text("x = 1\n")
    main.rename(source / "kept")
    (source / "kept").rename(main)
    (source / "main.pyc").write_bytes(b"1")
    assert contents.changed([str(main), str(source)]) == set()
    assert contents.rescan() == set()


def test_what_is_one(source: Path) -> None:
    contents = Contents([source])
    main, new, data = source / "main.py", source / "new.py", source / "deep" / "data.json"
    main.write_text("x = 2\n")
    new.write_text("")
    data.unlink()
    assert contents.changed([str(main)]) == {str(main)}
    assert contents.changed([str(main)]) == set(), "it is known now"
    assert contents.rescan() == {str(new), str(data)}
    assert contents.rescan() == set()


def test_a_folder_stands_for_what_is_in_it(source: Path) -> None:
    contents = Contents([source])
    data = source / "deep" / "data.json"
    shutil.move(source / "deep", source / "moved")
    assert contents.changed([str(source / "deep"), str(source / "moved")]) == {
        str(data), str(source / "moved" / "data.json"),
    }  # fmt: skip
    shutil.move(source / "moved", source / "deep")
    assert contents.changed([str(source / "deep")]) == {str(data)}


def test_other_folders_later(source: Path, tmp_path: Path) -> None:
    contents = Contents([tmp_path / "missing"])
    contents.learn([source])
    assert contents.rescan() == set()
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing" / "main.py").touch()
    assert contents.rescan() == {str(tmp_path / "missing" / "main.py")}
