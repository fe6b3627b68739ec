"""A .venv that devkit cannot import from is made anew, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.launched import Launched
from tests.support.platform import ROOT

_CLI = """\
import {module}

def main():
    print("it works")
    return 0
"""


@pytest.fixture
def clone(tmp_path: Path, wheels: str) -> Launched:
    """With devkit's own beginning, whose command line imports markupsafe and does nothing."""
    made = Launched(tmp_path / "clone", wheels)
    made.lock("devkit", "markupsafe")
    tools = Path(ROOT) / "tools"
    for name in (
        "__main__.py",
        "handover.py",
        "devserve/__init__.py",
        "devserve/libraries.py",
        "devkit/__init__.py",
        "devkit/base/__init__.py",
        "devkit/base/shell.py",
    ):
        (made.root / "tools" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tools / name, made.root / "tools" / name)
    imports(made, "markupsafe._speedups")
    return made


def imports(clone: Launched, module: str) -> None:
    (clone.root / "tools" / "devkit" / "cli.py").write_text(_CLI.format(module=module))


def test_once(clone: Launched) -> None:
    assert clone.call().stdout == "it works\n"
    library = next((clone.root / ".venv").glob("lib/*/site-packages/markupsafe/*.so"))
    # As a full disk leaves it: loaded, it would end Python with a bus error.
    whole = library.read_bytes()
    library.write_bytes(whole[: len(whole) // 2])
    done = clone.call()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "it works\n"
    assert f"the end of {library} is missing" in done.stderr
    assert done.stderr.count("making it anew") == done.stderr.count("is ready") == 1

    imports(clone, "of_no_lock")
    for rebuilt in (1, 0):
        done = clone.call()
        assert done.returncode == 3
        assert done.stderr.count("making it anew") == done.stderr.count("is ready") == rebuilt
        assert "tools/devkit/cli.py imports of_no_lock, which no lock in requirements/ pins" in done.stderr
        assert "requirements/devkit.in" in done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_not_of_venv_is_no_reason(clone: Launched) -> None:
    imports(clone, "devkit.gone")
    assert clone.call("first").returncode == 1
    done = clone.call()
    assert "No module named 'devkit.gone'" in done.stderr
    assert "anew" not in done.stderr
