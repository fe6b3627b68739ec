"""A clone on a file system without case runs; on one without links, modes and sockets one sentence says where to put it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.demo import alive, demo, family, until
from tests.support.file_systems import mounted
from tests.support.launched import Launched
from tests.support.platform import ROOT


@pytest.fixture(scope="module")
def exfat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with mounted("exfat", tmp_path_factory.mktemp("exfat")) as place:
        (place / "Case").touch()
        assert (place / "case").exists()
        with pytest.raises(OSError):
            (place / "link").symlink_to("Case")
        yield place


def test_a_platform_on_a_file_system_without_case(tmp_path: Path) -> None:
    with mounted("ntfs", tmp_path) as place, demo(place / "Clone") as made:
        assert (place / "CLONE" / "dev").is_dir()
        made.up()
        assert {unit["state"] for unit in made.statuses().values()} == {"ready", "done"}
        with psycopg.connect(made.database_url()) as connection:
            assert connection.execute("select count(*) from notes").fetchone() == (0,)
        made.edit("other", r'"version": 1', '"version": 2')
        until(lambda: made.get("other")["version"] == 2, what="the new code")
        # An editor that changes a name's case alone: the same file.
        source = made.source("other")
        source.rename(source.with_name("Main.py"))
        source.with_name("Main.py").write_text(source.read_text().replace('"version": 2', '"version": 3'))
        until(lambda: made.get("other")["version"] == 3, what="the new code under another spelling")
        assert made.devkit("--root", str(place / "clone"), "status").returncode == 0
        processes = family(made)
        made.devkit("down")
        assert alive(processes) == []


def test_up_on_a_file_system_without_modes(exfat: Path) -> None:
    with demo(exfat / "clone") as made:
        done = made.devkit("up", "--detach", check=False)
        assert done.returncode == 1
        assert (
            "the file system of this clone keeps no modes (FAT, exFAT and Windows' disks have none)"
            in done.stderr
        )
        assert "move the clone to the system's own file system" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (made.root / "k8s" / "dev" / "secret.yaml").exists(), "everybody could read it"
        assert made.devkit("status", check=False).returncode == 1


def test_the_first_call_on_a_file_system_without_links(exfat: Path, tmp_path: Path) -> None:
    clone = Launched(exfat / "first")
    done = clone.call("status", before=("sh",))  # ./devkit itself has no run bit there
    assert done.returncode == 3
    assert (
        "the file system of this clone has no symbolic links (FAT and exFAT have none), which .venv needs"
        in done.stderr
    )
    assert "move the clone to the system's own file system" in done.stderr


def test_the_repository_can_be_checked_out_anywhere() -> None:
    """No two names that differ only in case, and no symbolic link."""
    listed = subprocess.run(
        ["git", "ls-files", "-s", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    entries = [entry.split("\t", 1) for entry in listed.stdout.split("\0") if entry]
    names = [name.casefold() for _, name in entries]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)
    assert [name for mode, name in entries if mode.startswith("120000")] == []
