"""`devkit test`: what its paths choose, and that one that is not there is named before anything runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.cli import main
from devkit.suite import steps

from tests.support.drawn import SOAK_TIMES
from tests.support.platform import ROOT


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("tests/table/test_lod.py", "tests/table/test_load.py"),
        ("tests/table/test_lod.py::test_one", "tests/table/test_load.py"),
        ("tests/tabel", "tests/table"),
        ("test_load.py", "tests/table/test_load.py"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--compose",), ("--crash",), ("--soak",), ("--cluster", "kind")])
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


def test_a_soak_runs_the_property_based_tests_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--soak", "--", "tests/render/test_marker.py", "--collect-only", "-q"]) == 0
    listed = capfd.readouterr().out
    assert "::test_any_edit_is_noticed" in listed
    text = (Path(ROOT) / "tests/render/test_marker.py").read_text()
    assert listed.count("test_marker.py::") == text.count("@given(") < text.count("def test_")


def test_a_soak_starts_services_by_spawn_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "test",
                "--soak",
                "--only",
                "spawn",
                "--",
                "tests/devserve/test_reload.py",
                "--collect-only",
                "-q",
            ]
        )
        == 0
    )
    listed = capfd.readouterr().out
    assert "::test_a_save_answers_with_new_code" in listed
    assert "::test_libraries_are_imported_once" not in listed, "it is about forks"
    (step,) = [step for step in steps(ROOT, (), "soak") if step.name == "spawn"]
    assert step.environment == {"DEVKIT_SPAWN": "1"}
    assert {"tests/devserve", "tests/engines"} < set(step.command)


DRAWS = """
from hypothesis import given, strategies as st
from tests.support.drawn import drawn

@drawn(5)
@given(st.integers())
def test_draws(number):
    print("drawn", number)
"""


def test_examples_are_the_same_every_time_but_in_a_soak(tmp_path: Path) -> None:
    (tmp_path / "test_draws.py").write_text(DRAWS)

    def drawn(*options: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-s", "-p", "tests.support.drawn", "--rootdir", str(tmp_path), *options, str(tmp_path)],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return [line for line in done.stdout.splitlines() if "drawn" in line]

    usual = drawn()
    assert len(usual) == 5
    assert drawn() == usual
    soaked = drawn("--hypothesis-profile", "soak")
    assert len(soaked) == 5 * SOAK_TIMES
    assert soaked != drawn("--hypothesis-profile", "soak")


FLAKY = """
import pathlib

def test_flaky():
    first = not pathlib.Path("seen").exists()
    pathlib.Path("seen").touch()
    assert not first, "the first time"

def test_wrong():
    assert False
"""


@pytest.mark.parametrize("in_ci", [True, False])
def test_a_failure_is_tried_once_more_in_ci_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_ci: bool
) -> None:
    monkeypatch.setenv("CI", "1" if in_ci else "")
    (tmp_path / "test_flaky.py").write_text(FLAKY)
    step = steps(ROOT, ("test_flaky.py",))[-1]
    done = subprocess.run(step.command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED test_flaky.py::test_wrong" in done.stdout
    assert ("FAILED test_flaky.py::test_flaky" in done.stdout) is not in_ci
    assert ("RERUN test_flaky.py::test_flaky" in done.stdout) is in_ci


def test_pytests_own_options_are_not_paths(capfd: pytest.CaptureFixture[str]) -> None:
    found = "tests/table/test_quantity.py"
    assert main(["test", "--", found, "-k", "nothing such", "--collect-only", "-p", "no:xdist"]) in (0, 1)
    assert "no tests at" not in capfd.readouterr().err
    assert main(["test", "--", "-k", "parse", "tests/table/test_lod.py"]) == 2


def test_a_wrong_import_fails_the_layers(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "web")
    for name in ("apps", "libs", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    wrong = {
        "apps/order-service/src/order_service/models.py": ("print_service.models", "order_service.flow"),
        "libs/common/health.py": ("common.service", "gateway.models"),
        "libs/signatures/headers.py": ("common.health",),
    }
    for path, imported in wrong.items():
        with (tmp_path / path).open("a") as file:
            file.writelines(f"import {name}\n" for name in imported)
    command = [sys.executable, "-E", "-s", "tools/imports.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [line for line in done.stdout.splitlines() if line.endswith(" BROKEN")]
    for contract in (
        "Services do not import each other", "The layers of a service", "The layers of what the services share",
        "What the services share knows none of them", "The signature schemes stand alone",
    ):  # fmt: skip
        assert any(line.startswith(contract) for line in broken), (contract, broken)


def test_what_another_system_lacks_fails_the_types(tmp_path: Path) -> None:
    (tmp_path / "pinned.py").write_text("import os\n\nprint(os.sched_getaffinity(0))\n")
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(ROOT / "tools" / "typecheck.py"), "pinned.py"],
        cwd=tmp_path, env={"PATH": os.defpath, "MYPY_CACHE_DIR": str(tmp_path / "cache")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "linux: Success" in done.stdout
    assert 'darwin: pinned.py:3: error: Module has no attribute "sched_getaffinity"' in done.stdout
