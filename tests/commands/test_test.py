"""`devkit test`: what its paths choose, and that one that is not there is named before anything runs."""

from __future__ import annotations

import pytest
from devkit.cli import main


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("tests/table/test_lod.py", "tests/table/test_load.py"),
        ("tests/table/test_lod.py::test_one", "tests/table/test_load.py"),
        ("tests/tabel", "tests/table"),
        ("test_load.py", "tests/table/test_load.py"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--soak",), ("--cluster", "kind")])
def test_a_path_that_is_not_there(
    path: str, meant: str, more: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", *more, path]) == 2
    said = capfd.readouterr()
    assert f"no tests at {path.partition('::')[0]}; did you mean {meant}?\n" in said.err
    assert "── " not in said.out + said.err, "a step ran"


def test_a_folder_is_without_the_tiers_and_a_file_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    listed = ("--collect-only", "-q", "-n", "0")
    assert main(["test", "--", "tests/apps", *listed]) == 0
    assert "test_ten_thousand_deliveries" not in capfd.readouterr().out
    assert main(["test", "--", "tests/apps/test_many_deliveries.py", *listed]) == 0
    assert "test_ten_thousand_deliveries" in capfd.readouterr().out


def test_pytests_own_options_are_not_paths(capfd: pytest.CaptureFixture[str]) -> None:
    found = "tests/table/test_quantity.py"
    assert main(["test", "--", found, "-k", "nothing such", "--collect-only", "-p", "no:xdist"]) in (0, 1)
    assert "no tests at" not in capfd.readouterr().err
    assert main(["test", "--", "-k", "parse", "tests/table/test_lod.py"]) == 2
