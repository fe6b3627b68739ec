"""doctor's group `project`, on the disk that the clone lies on: which kind it is, whether it may be written, its room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from devkit.doctor.checks.project import place as place_check
from devkit.doctor.facts.place import Mount, mount_of

from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import in_own_mounts, in_own_users, mounted_over, run_elsewhere


def test_place(workplace: Workplace) -> None:
    assert workplace.run("project.place").problems == ()


@pytest.mark.parametrize("name", ["Dropbox", "OneDrive - Contoso", "iCloud Drive (Archive)", "Google Drive"])
def test_place_that_is_synchronised(workplace: Workplace, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    workplace.root = workplace.root.rename(tmp_path / name / "clone")
    problem = only_problem(workplace.run("project.place"))
    assert problem.part == "synced"
    assert name in problem.message


@pytest.mark.parametrize(
    ("mounts", "part"),
    [
        ([("/", "ext4"), ("/mnt/c", "9p")], "windows"),
        ([("/", "ext4"), ("/mnt/c", "exfat")], "modes"),
        ([("/", "ext4"), ("/mnt/c", "nfs4")], "network"),
        ([("/", "ext4"), ("/mnt", "9p"), ("/mnt/c", "fuse.sshfs")], "network"),
        ([("/", "ext4"), ("/mnt/c/code", "virtiofs")], "shared"),
        ([("/", "ext4"), ("/mnt/c", "9p"), ("/mnt/c", "ext4")], None),
        ([("/", "xfs"), ("/mnt/cdrom", "nfs")], None),
    ],
)
def test_place_on_other_disks(workplace: Workplace, mounts: list[tuple[str, str]], part: str | None) -> None:
    """No test can mount these; what is decided on is what a system with them lists."""
    workplace.environ["WSL_DISTRO_NAME"] = "Ubuntu"
    listed = [Mount(Path(folder), kind, frozenset()) for folder, kind in mounts]
    where = mount_of(Path("/mnt/c/code/clone"), listed)
    assert where is not None
    found = place_check.hinders(workplace.machine, where)
    assert (found.part if found else None) == part


def test_a_clone_on_a_mac_is_not_on_the_sealed_volume() -> None:
    """macOS lists no mount at /Users: it leads to the data volume, and what lies at / cannot be written."""
    listed = [
        Mount(Path("/"), "apfs", frozenset({"ro", "sealed"})),
        Mount(Path("/System/Volumes/Data"), "apfs", frozenset({"rw"})),
        Mount(Path("/Volumes/stick"), "exfat", frozenset({"rw"})),
    ]
    assert mount_of(Path("/Users/dev/demo"), listed) == listed[1]
    assert mount_of(Path("/Volumes/stick/demo"), listed) == listed[2]


def test_writable(workplace: Workplace) -> None:
    assert workplace.run("project.writable").seen == "both"
    assert sorted(workplace.root.glob(".doctor-*")) == []
    workplace.in_clone(".devkit", "a file")
    assert "is not a folder" in only_problem(workplace.run("project.writable")).message


def test_writable_not(workplace: Workplace) -> None:
    """Nobody, not even root, makes files there."""
    workplace.root = Path("/proc/self/fdinfo")
    assert "the clone cannot be written" in only_problem(workplace.run("project.writable")).message


def test_writable_on_a_read_only_disk(workplace: Workplace) -> None:
    mount = mounted_over(workplace.root, "remount,bind,ro")
    found = run_elsewhere(workplace, "project.writable", mount, prefix=in_own_mounts())
    assert f"{workplace.root} is mounted read-only" in found.problem["message"]


def test_writable_on_a_full_disk(workplace: Workplace) -> None:
    (workplace.root / ".devkit").mkdir()
    fill = mounted_over(workplace.root / ".devkit", "size=64k", kind="tmpfs")
    fill += f"open({str(workplace.root / '.devkit' / 'much')!r}, 'wb', 0).write(b'x' * 65536)\n"
    found = run_elsewhere(workplace, "project.writable", fill, prefix=in_own_mounts())
    assert "the disk is full" in found.problem["message"]


def test_writable_by_its_mode(workplace: Workplace) -> None:
    workplace.root.chmod(0o555)
    problem = run_elsewhere(workplace, "project.writable", prefix=in_own_users()).problem
    workplace.root.chmod(0o755)  # or nobody can clear it away
    assert "the clone cannot be written: its mode is 0555" in problem["message"]
    assert problem["advice"] == f"chmod u+rwx {workplace.root}"


def test_writable_belongs_to_somebody_else(workplace: Workplace) -> None:
    state = workplace.root / ".devkit"
    if os.geteuid() == 0:
        state.mkdir()
        os.chown(state, 12345, 12345)
        whose = "the user 12345"
    else:
        state.symlink_to("/usr")
        whose = "root"
    problem = only_problem(workplace.run("project.writable"))
    assert f"belongs to {whose}" in problem.message
    assert f"sudo chown -R {os.geteuid()} {state}" in str(problem.advice)


@pytest.mark.parametrize(("size", "severity"), [("100m", "error"), ("1g", "warning")])
def test_disk(workplace: Workplace, size: str, severity: str) -> None:
    workplace.root = workplace.root / "libs"
    mount = mounted_over(workplace.root, f"size={size}", kind="tmpfs")
    found = run_elsewhere(workplace, "project.disk", mount, prefix=in_own_mounts())
    assert found.problem["severity"] == severity
    assert f"free on {workplace.root}" in found.problem["message"]


def test_disk_without_room_for_files(workplace: Workplace) -> None:
    workplace.root = workplace.root / "libs"
    mount = mounted_over(workplace.root, "size=3g,nr_inodes=100", kind="tmpfs")
    found = run_elsewhere(workplace, "project.disk", mount, prefix=in_own_mounts())
    assert "more files" in found.problem["message"]


def test_disk_with_room(workplace: Workplace) -> None:
    workplace.root = workplace.root / "libs"
    mount = mounted_over(workplace.root, "size=3g", kind="tmpfs")
    assert run_elsewhere(workplace, "project.disk", mount, prefix=in_own_mounts()).seen == "3.0 GB free"
