"""The platform itself: whatever of its services is killed at whatever moment, an order is printed and shipped, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.minutes import IN_CI
from tests.support.platform import ROOT

# In CI so many points, drawn by this seed; else all of them.
_SOME = ("--points", "20", "--seed", "16")


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_nothing_is_lost_and_nothing_doubled() -> None:
    some = _SOME if IN_CI else ()
    command = [sys.executable, "-E", "-s", "tools", "--root", str(ROOT), "crash", "order", "--verbose", *some]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ordr",), "no flow 'ordr' in dev/crash/\n    → did you mean order?"),
        (("order", "--at", "shop commit"), "'shop commit' is no point"),
        (("order", "--at", "a commit b before", "--points", "3"), "--at excludes --points and --only"),
        (("order", "--json", "--sarif"), "exclude each other"),
    ],
)
def test_what_is_refused_is_refused_at_once(
    arguments: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(ROOT), "crash", *arguments]) == 2
    assert said in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no flow in dev/crash/"),
        ("def ledger(platform, name):\n    return {}\n", "has no function begin(platform, number)"),
        ("def begin(platform, number):\n    return ''\n", "has no function ledger(platform, name)"),
        (
            "OVERTAKEN = 'printing'\ndef begin(platform, number): ...\ndef ledger(platform, name): ...\n",
            "OVERTAKEN is words of the journal → how many there must be, not 'printing'",
        ),
        ("begin = 1 / 0\n", "dev/crash/order.py:1 cannot be loaded: division by zero"),
    ],
)
def test_a_flow_that_is_none(
    text: str | None, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "services.yaml").write_text((ROOT / "dev" / "services.yaml").read_text())
    if text is not None:
        (tmp_path / "dev" / "crash").mkdir()
        (tmp_path / "dev" / "crash" / "order.py").write_text(text)
    assert main(["--root", str(tmp_path), "crash"]) == 2
    assert said in capfd.readouterr().err
