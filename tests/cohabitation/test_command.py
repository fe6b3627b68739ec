"""`devkit db cohabit`: with which code it compares, what it refuses, and that nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cohabitation.scene import MAIN, commit, git, migration, notebook, rewrite
from tests.support.call import call_devkit
from tests.support.platform import ROOT
from tests.support.polling import looks
from tests.support.private import processes_in

_GREETS = {'return {"status": "ok"}': 'return {"status": "fine"}'}


def answer(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a call that ends before anything is started."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(root.parent), "DEVKIT_ROOT": str(root)}
    done = call_devkit(["db", "cohabit", *arguments], environment)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_nothing_differs(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    old = notebook(root)[:8]
    assert answer(root, "HEAD") == (0, f"devkit: nothing differs from HEAD ({old}): nothing to prove\n")


def test_there_is_no_earlier_code(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    notebook(root)
    code, said = answer(root)
    assert code == 2
    assert "git knows no earlier code to run beside this" in said


def test_a_ref_that_git_does_not_know(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    notebook(root)
    code, said = answer(root, "v9")
    assert (code, "git knows no v9" in said) == (2, True)


def test_a_ref_whose_table_is_another(tmp_path: Path) -> None:
    """Written for another devkit."""
    root = tmp_path / "notebook"
    notebook(root)
    rewrite(root, {"version: 1\n": "version: 0\n"}, "dev/services.yaml")
    old = commit(root, "An old table")
    rewrite(root, {"version: 0\n": "version: 1\n"}, "dev/services.yaml")
    code, said = answer(root, old)
    assert code == 2
    assert f"this devkit cannot run the code of {old[:8]}: dev/services.yaml has 1 error" in said
    assert "devkit-code-" not in said


def test_a_ref_without_flows(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    notebook(root)
    git(root, "rm", "--quiet", "dev/verify/note.py")
    commit(root, "Without")
    git(root, "checkout", "--quiet", "HEAD^", "--", "dev/verify/note.py")
    code, said = answer(root, "HEAD")
    assert (code, "): there is no flow in dev/verify/" in said) == (2, True)


def test_a_flow_that_there_is_not(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    notebook(root)
    rewrite(root, _GREETS)
    code, said = answer(root, "--flow", "nota")
    assert (code, "no flow 'nota' in dev/verify/; did you mean 'note'?" in said) == (2, True)


def test_migrations_that_do_not_follow(tmp_path: Path) -> None:
    """The old code has one that this clone has not."""
    root = tmp_path / "notebook"
    notebook(root)
    file = migration(root, "0002_gone", "0001", "    op.execute('select 1')")
    old = commit(root, "Gone")[:8]
    git(root, "rm", "--quiet", file)
    code, said = answer(root, "HEAD")
    assert code == 2
    assert f"HEAD ({old}) has the migration 0002, which this clone does not have" in said


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.faults)])
def test_nothing_is_left(how: signal.Signals, tmp_path: Path) -> None:
    """Neither processes nor folders, nor anything in the clone; git knows no worktree."""
    root, temporary = tmp_path / "notebook", tmp_path / "temporary"
    notebook(root)
    rewrite(root, _GREETS)
    temporary.mkdir()
    before = (
        git(root, "status", "--porcelain", "--ignored"),
        sorted(path.name for path in (root / ".git").iterdir()),
    )
    process = subprocess.Popen(
        [sys.executable, "-E", "-s", str(ROOT / "tools"), "db", "cohabit", "--json"],
        cwd=root, env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary)}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = next((line for line in process.stderr if "driving flows" in line), None)
    assert said, "it ended before anything ran"
    process.send_signal(how)
    process.communicate(timeout=120)
    assert process.returncode in (130, -signal.SIGINT)
    for _ in looks():
        if not (left := processes_in(temporary)):
            break
    assert not left, left
    assert list(temporary.iterdir()) == []
    after = (
        git(root, "status", "--porcelain", "--ignored"),
        sorted(path.name for path in (root / ".git").iterdir()),
    )
    assert after == before
    assert MAIN in after[0]
