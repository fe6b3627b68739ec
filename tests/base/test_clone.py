"""A clone's identity stays with its folder: through a move and a new boot, not through a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from devkit.base.clone import CopiedState, bind_clone, is_ours, known_clone, take_over
from devkit.base.errors import DevkitError, ExitCode


def rewrite(root: Path, **changes: object) -> None:
    path = root / ".devkit" / "clone.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    root.mkdir()
    bind_clone(root)
    return root


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert known_clone(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_it_lasts_and_is_private(clone: Path) -> None:
    first = bind_clone(clone)
    assert bind_clone(clone) == first == known_clone(clone)
    assert (clone / ".devkit/clone.json").stat().st_mode & 0o777 == 0o600


def test_a_move_needs_nothing(clone: Path) -> None:
    before = bind_clone(clone)
    moved = clone.rename(clone.parent / "elsewhere")
    after = known_clone(moved)
    assert after is not None
    assert (after.id, after.path) == (before.id, str(moved))


@pytest.mark.parametrize("changed", [{"device": 1}, {"device": 1, "inode": 2}])
def test_a_new_boot_needs_nothing(clone: Path, changed: dict[str, int]) -> None:
    """Numbers of devices are given anew, and on some file systems those of files."""
    before = bind_clone(clone)
    rewrite(clone, boot="the one before", **changed)
    assert bind_clone(clone) == before


def _copied(clone: Path) -> Path:
    copy = clone.parent / "copy"
    subprocess.run(["cp", "-a", clone, copy], check=True)
    return copy


def _restored(clone: Path) -> Path:
    backup = clone.parent / "backup"
    shutil.copytree(clone, backup)
    shutil.rmtree(clone)
    blocker = clone.parent / "blocker"  # whatever took the old folder's inode in the meantime
    blocker.mkdir()
    shutil.copytree(backup, clone)
    shutil.rmtree(backup)
    return clone


def _original_gone(clone: Path) -> Path:
    copy = _copied(clone)
    shutil.rmtree(clone)
    return copy


def _snapshot(clone: Path) -> Path:
    """Btrfs keeps the numbers of files in a snapshot, on another device."""
    rewrite(clone, device=1)
    return clone


@pytest.mark.parametrize("came", [_copied, _restored, _original_gone, _snapshot])
def test_what_came_otherwise_is_refused_until_it_is_taken_over(
    clone: Path, came: Callable[[Path], Path]
) -> None:
    before = bind_clone(clone)
    copy = came(clone)
    with pytest.raises(CopiedState) as refused:
        known_clone(copy)
    assert refused.value.exit_code is ExitCode.REFUSED
    assert "--take-over" in str(refused.value.fix)
    assert str(clone) in refused.value.message or clone == copy
    with pytest.raises(CopiedState):
        is_ours(copy, before.mark)
    after = take_over(copy)
    assert after == known_clone(copy)
    assert after.id != before.id, "the one that it was copied from keeps its id"


def test_whose_a_mark_is(clone: Path) -> None:
    mine, other = bind_clone(clone), clone.parent / "other"
    other.mkdir()
    theirs = bind_clone(other)
    assert is_ours(clone, mine.mark)
    assert not is_ours(clone, theirs.mark)
    shutil.rmtree(clone / ".devkit")  # `git clean -fdx`
    assert is_ours(clone, mine.mark), "the folder is still the same"
    assert not is_ours(clone, theirs.mark)
    bind_clone(clone)
    assert is_ours(clone, mine.mark)
    assert not is_ours(clone, "")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 1}', "null"])
def test_a_damaged_file_is_like_none(clone: Path, content: str) -> None:
    (clone / ".devkit/clone.json").write_text(content)
    assert known_clone(clone) is None
    assert bind_clone(clone) == known_clone(clone)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
@pytest.mark.parametrize("name", [".devkit", ".devkit/run.json", ".devkit/logs/web.log"])
def test_files_of_root_are_named_with_the_fix(clone: Path, name: str) -> None:
    """As `sudo ./devkit up` leaves them. Asked by somebody else, since root may use everything."""
    (clone / ".devkit/logs").mkdir()
    for made in ("run.json", "logs/web.log"):
        (clone / ".devkit" / made).touch()
    clone.parent.chmod(0o755)
    for folder in clone.parents[1:4]:
        folder.chmod(folder.stat().st_mode | 0o005)
    for path in (clone, *clone.rglob("*")):
        os.chown(path, 65534, 65534)
    os.chown(clone / name, 0, 0)
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            known_clone(clone)
        except DevkitError as problem:
            said = f"{problem.message} {problem.fix}"
            os._exit(0 if f"{name} belongs to root" in said and "sudo chown -R 65534" in said else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
