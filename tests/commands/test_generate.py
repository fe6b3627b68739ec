"""`devkit generate` as its user meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.polling import PATIENCE, looks

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(clone: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["generate", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def edit_table(clone: Path, old: str, new: str) -> None:
    table = clone / "dev" / "services.yaml"
    text = table.read_text("utf-8")
    assert old in text
    table.write_text(text.replace(old, new), "utf-8")


def test_first_and_second_run(clone: Path, run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "new      k8s/dev/order-service.yaml\n" in out
    written = {path.name for path in (clone / ".vscode").iterdir()}
    assert written == {"extensions.json", "launch.json", "settings.json", "tasks.json"}
    before = contents(clone)
    assert run() == (0, "everything is up to date\n", "")
    assert contents(clone) == before


def test_check_and_diff_write_nothing(clone: Path, run: Run) -> None:
    run()
    edit_table(clone, "port: 3001", "port: 3009")
    before = contents(clone)
    code, out, err = run("--check")
    assert code == 1
    assert '+  STOCK_URL: "http://stock.shop-dev.svc.cluster.local:3009"' in out
    assert "out of step with dev/services.yaml" in err
    code, diff, _ = run("--diff")
    assert (code, diff) == (0, out)
    assert contents(clone) == before
    assert run()[0] == 0
    assert run("--check") == (0, "", "")


def test_a_removed_service_takes_its_manifest_along(clone: Path, run: Run) -> None:
    run()
    table = clone / "dev" / "services.yaml"
    lines = [line for line in table.read_text("utf-8").splitlines(keepends=True) if "  viewer:" not in line]
    table.write_text("".join(lines), "utf-8")
    code, out, _ = run()
    assert code == 0
    assert "removed  k8s/dev/viewer.yaml\n" in out
    assert not (clone / "k8s/dev/viewer.yaml").exists()


def test_a_hand_edit_is_shown_and_kept_until_forced(clone: Path, run: Run) -> None:
    run()
    path = clone / "k8s/dev/stock.yaml"
    path.write_text(path.read_text("utf-8").replace("replicas: 1", "replicas: 3"), "utf-8")
    edit_table(clone, "port: 8000", "port: 8001")
    before = contents(clone)
    code, out, err = run()
    assert code == 1
    assert "-  replicas: 3\n+  replicas: 1\n" in out
    assert "k8s/dev/stock.yaml: was edited by hand" in err
    assert "nothing was written" in err
    assert contents(clone) == before
    code, out, err = run("--force")
    assert (code, err) == (0, "")
    assert "-  replicas: 3\n" in out
    assert "replicas: 1" in path.read_text("utf-8")


def test_a_foreign_file_is_named_and_kept_until_forced(clone: Path, run: Run) -> None:
    (clone / "k8s/dev").mkdir(parents=True)
    (clone / "k8s/dev/db.yaml").write_text("mine\n")
    code, _, err = run()
    assert code == 1
    assert "k8s/dev/db.yaml: was not written by devkit" in err
    assert not (clone / ".env.example").exists()
    assert run("--force")[0] == 0
    assert "mine" not in (clone / "k8s/dev/db.yaml").read_text()


def test_a_folder_in_the_way_cannot_be_forced(clone: Path, run: Run) -> None:
    (clone / "k8s/dev/db.yaml").mkdir(parents=True)
    code, _, err = run("--force")
    assert code == 1
    assert "k8s/dev/db.yaml: is a folder where a file belongs" in err
    assert "use --force" not in err


def test_a_broken_launch_file_hinders_nothing_else(clone: Path, run: Run) -> None:
    (clone / ".vscode").mkdir()
    launch = clone / ".vscode/launch.json"
    launch.write_text('{"configurations": [\n  {"name": }\n]}')
    code, out, err = run()
    assert code == 1
    assert ".vscode/launch.json:2:" in err
    assert "new      k8s/dev/db.yaml" in out
    assert launch.read_text() == '{"configurations": [\n  {"name": }\n]}'
    assert "new      .vscode/tasks.json" in out


def test_check_sees_every_editor_file(clone: Path, run: Run) -> None:
    run()
    for name in ("extensions.json", "launch.json", "settings.json", "tasks.json"):
        path = clone / ".vscode" / name
        before = path.read_bytes()
        path.unlink()
        code, out, _ = run("--check")
        assert code == 1
        assert f"+++ b/.vscode/{name}" in out
        path.write_bytes(before)
    assert run("--check") == (0, "", "")


@pytest.mark.parametrize("content", ["[]", '{"configurations": [', None])
def test_a_skipped_file_is_named_and_not_called_up_to_date(
    clone: Path, run: Run, content: str | None
) -> None:
    if content is None:
        (clone / ".vscode").write_text("a file")
    else:
        (clone / ".vscode").mkdir()
        (clone / ".vscode/launch.json").write_text(content)
    for _ in range(2):
        code, out, err = run()
        assert code == 1
        named = ".vscode" if content is None else ".vscode/launch.json"
        assert f"{named} was skipped; all else is up to date" in err
        assert content is not None or err.count("is a file where a folder belongs") == 1
        assert "everything is up to date" not in out + err
    assert out == ""


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_linked_editor_folder_hinders_nothing_else(clone: Path, run: Run) -> None:
    outside = clone.parent / "outside"
    outside.mkdir()
    (clone / ".vscode").symlink_to(outside)
    code, out, err = run()
    assert code == 1
    assert ".vscode/launch.json: is a link" in err
    assert "new      k8s/dev/db.yaml" in out
    assert not list(outside.iterdir())


def test_watch_without_a_folder_to_watch(clone: Path, run: Run) -> None:
    (clone / "dev" / "services.yaml").unlink()
    (clone / "dev").rmdir()
    assert run("--watch")[0] == 2


@pytest.mark.parametrize("arguments", [("--check", "--diff"), ("--watch", "--check"), ("--force", "--check")])
def test_options_that_do_not_go_together(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "choose one of" in err


def test_a_disk_that_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("devkit.render.writer.replace_file", full)
    code, _, err = run()
    assert code == 1
    assert "No space left on device" in err


def test_watch_survives_a_broken_table(clone: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "DEVKIT_ROOT": str(clone)}
    command = [
        sys.executable,
        "-c",
        "import sys; from devkit.cli import main; sys.exit(main())",
        "generate",
        "--watch",
    ]
    log = clone / "watch.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=clone, stdout=output, stderr=output)
    try:
        _wait(lambda: "watching" in log.read_text("utf-8"), log)
        good = (clone / "dev/services.yaml").read_text("utf-8")
        edit_table(clone, "port: 8000", "port: eight")
        _wait(lambda: "`port` must be a whole number" in log.read_text("utf-8"), log)
        # As many editors save: a new file, renamed over the old one.
        saved = clone / "dev" / "services.yaml~"
        saved.write_text(good.replace("port: 8000", "port: 8009"), "utf-8")
        saved.replace(clone / "dev/services.yaml")
        _wait(lambda: "port: 8009" in (clone / "k8s/dev/viewer.yaml").read_text("utf-8"), log)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) in (0, 130)
        assert "Traceback" not in log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def _wait(true: Callable[[], bool], log: Path) -> None:
    for _ in looks():
        if true():
            return
    raise AssertionError(log.read_text("utf-8"))


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("nope", "`migrations` names nope, which does not exist"),
        ("dev/services.yaml", "`migrations` names dev/services.yaml, which is not a folder"),
        ('"a\\0b"', "`migrations` `a\\x00b` holds signs that are not safe in a path"),
    ],
)
def test_a_folder_that_is_none(clone: Path, run: Run, folder: str, said: str) -> None:
    edit_table(clone, "migrations: migrations", f"migrations: {folder}")
    code, out, err = run()
    assert (code, out) == (2, "")
    table = (clone / "dev/services.yaml").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(table, 1) if "migrations:" in text)
    assert f"dev/services.yaml:{line}:17: {said}" in err
    assert not (clone / "k8s").exists()
