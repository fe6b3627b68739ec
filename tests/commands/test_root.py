"""Which repository devkit works on: named, found from the current folder, or its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.base.paths import INSTALLATION, chosen_root
from devkit.cli import main

from tests.support.platform import ROOT


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another repository with a table; nothing names it."""
    monkeypatch.delenv("DEVKIT_ROOT", raising=False)
    (tmp_path / "another" / "dev").mkdir(parents=True)
    (tmp_path / "another" / "dev" / "services.yaml").write_text(
        "version: 1\nname: another\nnamespace: another-dev\nimage_prefix: another\n"
        "services:\n  page: {type: image, image: 'nginx:1', port: 8080}\n"
    )
    (tmp_path / "another" / "deep" / "er").mkdir(parents=True)
    return tmp_path / "another"


def test_the_nearest_folder_with_a_table(another: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (another, another / "deep", another / "deep" / "er"):
        monkeypatch.chdir(folder)
        assert chosen_root().root == another
        assert not chosen_root().named


def test_elsewhere_it_is_devkits_own(another: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(another.parent)
    assert chosen_root().root == INSTALLATION == Path(ROOT)


def test_the_variable_wins_over_the_folder(another: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVKIT_ROOT", str(ROOT))
    monkeypatch.chdir(another)
    assert chosen_root().root == Path(ROOT)
    assert chosen_root().named


def test_the_option_wins_over_the_variable_and_reaches_what_devkit_starts(
    another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVKIT_ROOT", str(ROOT))
    monkeypatch.chdir(another.parent)
    assert main(["--root", "another", "generate"]) == 0
    assert (another / "k8s" / "dev" / "page.yaml").is_file()
    assert os.environ["DEVKIT_ROOT"] == str(another)


@pytest.mark.parametrize(
    ("given", "wrong"), [("deep", "has no dev/services.yaml"), ("nowhere", "is not a folder")]
)
def test_a_folder_without_a_table_is_refused(
    given: str, wrong: str, another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(another)
    assert main(["--root", given, "status"]) == 2
    error = capsys.readouterr().err
    assert f"--root {given} {wrong}" in error
    assert "    → " in error


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ('a"b', 'contains ", which initdb (Postgres) cannot take'),
        ("a$b", "contains $, which initdb"),
        ("a\\b", "contains \\, which Node.js"),
        ("a?b", "contains ?, which Vite"),
        ("a\nb", "contains a line break or another control character, which initdb"),
    ],
)
def test_a_folder_that_a_tool_cannot_take_is_refused_however_it_is_chosen(
    another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    unfit = another.rename(another.parent / name)
    before = sorted(unfit.rglob("*"))
    monkeypatch.chdir(unfit.parent)
    assert main(["--root", str(unfit), "generate"]) == 2
    monkeypatch.chdir(unfit)
    assert main(["generate"]) == 2
    monkeypatch.setenv("DEVKIT_ROOT", str(unfit))
    assert main(["generate"]) == 2
    said = capsys.readouterr().err
    assert said.count(told) == 3
    assert said.count("→ rename that folder") == 3
    assert sorted(unfit.rglob("*")) == before


def test_no_table_anywhere_tells_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVKIT_ROOT", "")
    monkeypatch.setattr("devkit.base.paths.INSTALLATION", tmp_path / "devkit")
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 2
    error = capsys.readouterr().err
    assert "no dev/services.yaml in" in error
    assert "--root PATH" in error
    assert main(["--help"]) == 0


def test_what_stops_or_wipes_names_the_repository_that_was_only_found(
    another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(another / "deep")
    said = f"devkit: this is about the platform in {another}\n"
    main(["down", "--engine", "local"])
    assert capsys.readouterr().err.startswith(said)
    main(["status", "--engine", "local"])
    assert said not in capsys.readouterr().err
    main(["--root", str(another), "down", "--engine", "local"])
    assert said not in capsys.readouterr().err


def test_another_users_table_is_not_obeyed_until_it_is_named(
    another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(another / "deep")
    file = another / "dev" / "services.yaml"
    if os.getuid() == 0:  # whose files everybody trusts
        os.chown(file, 4712, 4712)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert main(["status"]) == 2
    assert f"uid {file.stat().st_uid}" in capsys.readouterr().err


def test_a_real_call_from_a_folder_below(another: Path) -> None:
    command = [sys.executable, "-E", "-s", str(Path(ROOT) / "tools")]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [*command, "generate", "--check"],
        cwd=another / "deep" / "er",
        env=kept,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "k8s/dev/page.yaml" in done.stdout + done.stderr
    named = subprocess.run(
        [*command, "--root", str(another), "plan"], cwd="/", env=kept, capture_output=True, text=True
    )
    assert named.returncode == 0, named.stderr
    assert '"namespace": "another-dev"' in named.stdout
