"""doctor's group `watch`."""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

import pytest
from devkit.doctor.facts.inotify import inotify, watched_folders
from devkit.findings.model import Severity

from tests.support.demo import until
from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import in_own_mounts, in_own_users, mounted_over, run_elsewhere

_LIMITS = Path("/proc/sys/fs/inotify")
_OWN = Path("/proc/sys/user")

linux = pytest.mark.skipif(not _LIMITS.is_dir(), reason="needs Linux's inotify")


def test_other_systems_have_no_such_limit(workplace: Workplace) -> None:
    workplace.platform = "darwin"
    assert workplace.run("watch.inotify-watches").needless
    assert workplace.run("watch.inotify-instances").needless


@linux
@pytest.mark.parametrize(
    ("name", "setting"), [("watches", "max_user_watches"), ("instances", "max_user_instances")]
)
def test_limits(workplace: Workplace, tmp_path: Path, name: str, setting: str) -> None:
    limit = tmp_path / "limit"
    limit.write_text("1000000\n")
    lines = mounted_over(_LIMITS / setting, source=limit)
    id = f"watch.inotify-{name}"
    found = run_elsewhere(workplace, id, lines, prefix=in_own_mounts())
    assert re.match(r"\d+ of 1000000 taken", found.seen), found
    limit.write_text("9\n")
    problem = run_elsewhere(workplace, id, lines, prefix=in_own_mounts()).problem
    assert f"of 9 inotify {name} are left" in problem["message"]
    assert problem["severity"] == "warning"
    assert f"sudo sysctl -w fs.inotify.{setting}=" in problem["advice"]


@linux
def test_what_is_taken_is_counted(workplace: Workplace) -> None:
    libc = ctypes.CDLL(None)
    before = inotify(workplace.machine)
    folders = [workplace.root / name for name in ("dev", "libs", "apps", "migrations")]
    descriptor = libc.inotify_init1(0)
    try:
        for folder in folders:
            assert libc.inotify_add_watch(descriptor, os.fsencode(folder), 2) > 0

        def counted() -> bool:  # others on this machine come and go
            now = inotify(workplace.machine)
            return (
                now.instances_used >= before.instances_used + 1
                and now.watches_used >= before.watches_used + len(folders)
            )

        until(counted, 5, "an instance and its watches are counted")
    finally:
        os.close(descriptor)


def test_what_the_clone_needs(workplace: Workplace) -> None:
    before = watched_folders(workplace.machine)
    for name in ("node_modules/a/b", ".git/c", ".venv/d", "apps/more/src"):
        (workplace.root / name).mkdir(parents=True)
    assert watched_folders(workplace.machine) == before + 2


@pytest.mark.parametrize("polling", ["", "1"])
@pytest.mark.parametrize("state", [".devkit", ""])
def test_a_save_is_noticed(workplace: Workplace, polling: str, state: str) -> None:
    (workplace.root / state).mkdir(exist_ok=True)
    workplace.environ["WATCHFILES_FORCE_POLLING"] = polling
    assert re.fullmatch(r"after \d+ ms", workplace.run("watch.probe").seen)
    assert list(workplace.root.rglob(".doctor-*")) == []


@linux
@pytest.mark.parametrize(
    ("setting", "limit"),
    [("max_inotify_instances", "max_user_instances"), ("max_inotify_watches", "max_user_watches")],
)
def test_nothing_can_be_watched(workplace: Workplace, setting: str, limit: str) -> None:
    """A user that may have none: what the kernel then answers is real."""
    lines = f"from pathlib import Path\nPath({str(_OWN / setting)!r}).write_text('0')\n"
    prefix = (*in_own_users(), "--map-root-user")
    problem = run_elsewhere(workplace, "watch.probe", lines, prefix=prefix).problem
    assert "nothing can be watched" in problem["message"]
    assert f"fs.inotify.{limit}=" in problem["advice"]


def test_not_probed_where_nothing_can_be_written(workplace: Workplace) -> None:
    workplace.in_clone(".devkit", "a file")
    assert workplace.run("watch.probe").skipped == "not checked because project.writable failed"


def test_polling_is_told(workplace: Workplace) -> None:
    workplace.environ["WATCHFILES_FORCE_POLLING"] = "false"
    assert workplace.run("watch.polling").seen == "by the system"
    workplace.environ["WATCHFILES_FORCE_POLLING"] = "true"
    assert only_problem(workplace.run("watch.polling")).severity is Severity.NOTE
