"""`devkit vscode` as its user meets it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from devkit.cli import main

from tests.render.editor.shapes import SHAPES

NAMES = ("extensions.json", "launch.json", "settings.json", "tasks.json")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(clone: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["vscode", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def put(clone: Path, shapes: dict[str, bytes]) -> dict[str, bytes]:
    (clone / ".vscode").mkdir()
    for name, text in shapes.items():
        (clone / ".vscode" / name).write_bytes(text)
    return shapes


def found(clone: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((clone / ".vscode").iterdir())}


def test_it_writes_the_editor_s_files_and_nothing_else(clone: Path, run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"new      .vscode/{name}" for name in NAMES]
    assert sorted(path.name for path in clone.iterdir()) == [".vscode", "dev", "migrations"]
    before = found(clone)
    assert run() == (0, "everything is up to date\n", "")
    assert found(clone) == before


def test_check_shows_what_would_change_and_changes_nothing(clone: Path, run: Run) -> None:
    code, out, err = run("--check")
    assert code == 1
    assert '+      "name": "Attach: Stock (devkit)",' in out
    assert "4 files out of step with dev/services.yaml" in err
    assert not (clone / ".vscode").exists()
    run()
    assert run("--check") == (0, "", "")
    table = clone / "dev" / "services.yaml"
    table.write_text(table.read_text("utf-8").replace("4200", "4209"), "utf-8")
    before = found(clone)
    code, out, _ = run("--check")
    assert code == 1
    assert '-      "url": "http://localhost:4200",\n+      "url": "http://localhost:4209",\n' in out
    assert found(clone) == before


def test_people_s_files_come_back_as_they_were(clone: Path, run: Run) -> None:
    mine = put(
        clone,
        {
            "extensions.json": SHAPES["extensions.json as the editor makes it"],
            "launch.json": SHAPES["the Python extension's default"],
            "settings.json": SHAPES["settings of a person's own"],
            "tasks.json": SHAPES["CRLF, tabs and comments"],
            "notes.txt": b"mine",
        },
    )
    assert run()[0] == 0
    assert all(found(clone)[name] != mine[name] for name in NAMES)
    code, out, err = run("--remove")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"changed  .vscode/{name}" for name in NAMES]
    assert found(clone) == mine
    assert run("--remove") == (0, "there are no devkit entries\n", "")


def test_what_devkit_made_is_deleted(clone: Path, run: Run) -> None:
    run()
    (clone / "dev" / "services.yaml").write_text("broken: [")  # what is ours is known without the table
    code, out, _ = run("--remove")
    assert code == 0
    assert out.splitlines() == [f"removed  .vscode/{name}" for name in NAMES]
    assert not (clone / ".vscode").exists()


def test_a_broken_file_is_named_and_the_others_written(clone: Path, run: Run) -> None:
    broken = b'{\n  "tasks": [\n    {"label": }\n  ]\n}\n'
    put(clone, {"tasks.json": broken})
    code, out, err = run()
    assert code == 1
    assert ".vscode/tasks.json:3:" in err
    assert ".vscode/tasks.json was skipped" in err
    assert out.splitlines() == [f"new      .vscode/{name}" for name in NAMES[:3]]
    assert found(clone)["tasks.json"] == broken
    assert run("--check")[0] == 1
    assert run("--remove")[0] == 1
    assert found(clone) == {"tasks.json": broken}


def test_a_broken_table_writes_nothing(clone: Path, run: Run) -> None:
    (clone / "dev" / "services.yaml").write_text("services: 7\n")
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "dev/services.yaml:1:" in err
    assert not (clone / ".vscode").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_is_not_followed(clone: Path, run: Run) -> None:
    outside = clone.parent / "outside.json"
    outside.write_bytes(b"{}")
    (clone / ".vscode").mkdir()
    (clone / ".vscode" / "settings.json").symlink_to(outside)
    code, _, err = run()
    assert code == 1
    assert ".vscode/settings.json: is a link" in err
    assert outside.read_bytes() == b"{}"
    assert run("--remove")[0] == 1
    assert outside.read_bytes() == b"{}"


def test_options_that_do_not_go_together(run: Run) -> None:
    code, out, err = run("--check", "--remove")
    assert (code, out) == (2, "")
    assert "choose one of" in err
