"""`devkit audit`: its command line. What it finds: tests/state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.state.scene import shelf
from tests.support.call import call_devkit


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.mktemp("audit") / "shelf")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("state", "by"), "no flow 'by' in dev/verify/; did you mean 'buy'?\n    → there are buy"),
        (("state", "--only", "state.file"), "no check 'state.file'; did you mean 'state.files'?"),
        (("state", "--json", "--sarif"), "--json, --sarif and --junit exclude each other"),
    ],
)
def test_refused_at_once(arguments: tuple[str, ...], said: str, root: Path) -> None:
    done = call_devkit(("audit", *arguments), {"PATH": os.environ["PATH"]}, folder=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_checks_are_listed(root: Path) -> None:
    done = call_devkit(("audit", "state", "--list"), {"PATH": os.environ["PATH"]}, folder=root)
    assert done.returncode == 0
    assert (
        "state.shared   no temporary file that one request or process wrote is read by another" in done.stdout
    )


def test_a_repository_without_flows(root: Path) -> None:
    (root / "dev/verify/buy.py").rename(root / "dev/verify/_buy.py")
    done = call_devkit(("audit", "state"), {"PATH": os.environ["PATH"]}, folder=root)
    (root / "dev/verify/_buy.py").rename(root / "dev/verify/buy.py")
    assert done.returncode == 2
    assert "there is no flow in dev/verify/" in done.stderr
