"""`devkit bench`: which measurements there are, and what comes of one. Here a small one stands for those in bench/."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.cli import main


@pytest.fixture(autouse=True)
def measurements(clone: Path) -> None:
    (clone / "bench").mkdir()
    (clone / "bench" / "quick.py").write_text("def measure(): ...\n")
    (clone / "bench" / "report.py").write_text("")
    (clone / "bench" / "__main__.py").write_text(
        "import sys, devkit, signatures\nopen('ran', 'w').write(' '.join(sys.argv[1:]))\nsys.exit(3 if sys.argv[1:] else 0)\n"
    )
    for name in ("tools", "libs"):
        (clone / name).symlink_to(Path(__file__).parents[2] / name)


def test_all_or_some_by_name_in_the_clones_root(clone: Path) -> None:
    assert main(["bench"]) == 0
    assert (clone / "ran").read_text() == ""
    assert main(["bench", "quick"]) == 3, "the measurement's exit code is devkit's"
    assert (clone / "ran").read_text() == "quick"


def test_a_name_that_is_none(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("report", "quik"):
        assert main(["bench", name]) == 2
        assert capsys.readouterr().err == f"devkit: no measurement {name!r}\n    → known: quick\n"
    assert not (clone / "ran").exists()
