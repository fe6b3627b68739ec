"""`devkit doctor` as one types it, on a small clone with checks of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from devkit.findings.formats import REPORT_SCHEMA
from jsonschema import validate

from tests.support.demo import Demo, demo
from tests.support.polling import PATIENCE

CHECKS = {
    "fine": '"""All is fine."""\ndef check(machine):\n    return "as it should be"\n',
    "broken-file": (
        '"""The file is there."""\n'
        "from devkit.checks import Fix, Problem\n\n\n"
        "def make(machine):\n"
        '    (machine.root / "wanted").touch()\n\n\n'
        "def check(machine):\n"
        '    if not (machine.root / "wanted").exists():\n'
        '        raise Problem("there is no file", fix=Fix("touch wanted", make, "it stays empty"))\n'
        '    return "there"\n'
    ),
    "child": '"""Builds on it."""\nAFTER = ("dev.broken-file",)\ndef check(machine):\n    return "could be asked"\n',
    "slow": (
        '"""Ends one day."""\nimport time\nfrom pathlib import Path\n'
        'HANGS = (Path(__file__).parents[2] / "hang").exists()\nDEADLINE = 0.2 if HANGS else 120\n'
        'def check(machine):\n    time.sleep(100_000 if HANGS else 0)\n    return "ended"\n'
    ),
    "cluster": (
        '"""Only Kubernetes needs it."""\nfrom devkit.checks import Problem\nENGINE = "tilt"\n'
        'def check(machine):\n    raise Problem("nothing there", "start it")\n'
    ),
    "cluster_child": (
        '"""Kubernetes alone builds on it."""\nAFTER = ("dev.cluster",)\nENGINE = "tilt"\n'
        'def check(machine):\n    return "asked"\n'
    ),
    "by_hand": (
        '"""The kernel is patient."""\nfrom devkit.checks import Fix, warning\n'
        'def check(machine):\n    raise warning("is not", fix=Fix("sudo sysctl fs.patience=1"))\n'
    ),
    "stubborn": (
        '"""It bends."""\nfrom devkit.base.errors import DevkitError\nfrom devkit.checks import Fix, warning\n'
        'def no(machine):\n    raise DevkitError("it will not")\n'
        'def check(machine):\n    raise warning("does not", fix=Fix("bend it", no))\n'
    ),
    "secret": (
        '"""It keeps silent."""\nfrom devkit.checks import note\n'
        'def check(machine):\n    raise note(f"the key is {machine.environ[\'SESSION_TOKEN\']}", "use planted-in-the-shell")\n'
    ),
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        folder = made.root / "dev" / "checks"
        folder.mkdir()
        for name, text in CHECKS.items():
            (folder / f"{name}.py").write_text(text)
        yield made


@pytest.fixture(autouse=True)
def as_before(clone: Demo) -> None:
    for name in ("wanted", "hang"):
        (clone.root / name).unlink(missing_ok=True)


def doctor(
    clone: Demo, *arguments: str, code: int = 0, only: str = "dev"
) -> subprocess.CompletedProcess[str]:
    shell = {"SESSION_TOKEN": "planted-in-the-shell", "PATH": "/usr/bin:/bin"}
    done = clone.devkit("doctor", "--engine", "local", "--only", only, *arguments, check=False, **shell)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    assert "planted-in-the-shell" not in done.stdout + done.stderr
    return done


def report(clone: Demo, *arguments: str, code: int = 0, only: str = "dev") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(doctor(clone, "--json", *arguments, code=code, only=only).stdout)
    validate(document, json.loads(REPORT_SCHEMA.read_text()))
    return document


def results(document: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["result"] for check in document["checks"]}


def test_worst_first_with_fixes(clone: Demo) -> None:
    lines = doctor(clone, code=1).stdout.splitlines()
    assert [line.split()[:2] for line in lines if line[:1] not in (" ", "")][:5] == [
        ["error", "dev.broken-file"],
        ["warning", "dev.by-hand"],
        ["warning", "dev.stubborn"],
        ["note", "dev.cluster"],
        ["note", "dev.secret"],
    ]
    assert lines[1].strip() == "→ touch wanted   (--fix does it)"
    assert "not checked because dev.broken-file failed: dev.child" in lines
    assert re.fullmatch(
        r"1 error, 2 warnings, 2 notes, 2 passed, 1 not checked, 1 skipped in \d+\.\d s, engine local",
        lines[-2],
    )
    assert lines[-1] == "./devkit doctor --fix can fix dev.broken-file, dev.stubborn"


def test_what_only_the_other_engine_needs_is_a_note(clone: Demo) -> None:
    assert report(clone, only="dev.cluster")["counts"] == {"error": 0, "warning": 0, "note": 1}
    found = report(clone, "--engine", "tilt", only="dev.cluster", code=1)
    assert (found["engine"], found["counts"]["error"]) == ("tilt", 1)


def test_what_builds_on_it_is_not_needed_then(clone: Demo) -> None:
    (here,) = [c for c in report(clone, code=1)["checks"] if c["id"] == "dev.cluster-child"]
    assert here["detail"] == "engine tilt alone needs it; not checked because dev.cluster failed"
    (there,) = [
        c for c in report(clone, "--engine", "tilt", code=1)["checks"] if c["id"] == "dev.cluster-child"
    ]
    assert there["detail"] == "not checked because dev.cluster failed"


def test_results(clone: Demo) -> None:
    found = report(clone, code=1)
    assert results(found) == {
        "dev.broken-file": "failed",
        "dev.by-hand": "warned",
        "dev.child": "skipped",
        "dev.cluster": "warned",
        "dev.cluster-child": "skipped",
        "dev.fine": "ok",
        "dev.secret": "warned",
        "dev.slow": "ok",
        "dev.stubborn": "warned",
    }


def test_a_hang_ends_in_time(clone: Demo) -> None:
    (clone.root / "hang").touch()
    found = report(clone, only="dev.slow", code=1)
    assert found["findings"][0]["message"] == "not known: it did not end within 0.2 s"


def test_some(clone: Demo) -> None:
    assert set(results(report(clone, "--skip", "dev.broken-file"))) == {
        f"dev.{name.replace('_', '-')}" for name in CHECKS if name != "broken-file"
    }
    assert results(report(clone, only="dev.child", code=1)) == {
        "dev.broken-file": "failed",
        "dev.child": "skipped",
    }
    assert "did you mean 'dev.fine'?" in doctor(clone, only="dev.fin", code=2).stderr


def test_the_list(clone: Demo) -> None:
    listed = doctor(clone, "--list").stdout
    assert re.search(r"^dev\.broken-file +The file is there$", listed, re.M)
    found = json.loads(doctor(clone, "--list", "--json").stdout)["checks"]
    assert {"id": "dev.child", "group": "dev", "about": "Builds on it", "engine": None, "after": ["dev.broken-file"], "deadline": 5.0} in found  # fmt: skip


def test_programs_get_one_form(clone: Demo) -> None:
    assert doctor(clone, "--sarif", only="dev.fine").stdout.startswith("{")
    assert doctor(clone, "--junit", only="dev.fine").stdout.startswith("<?xml")
    assert "exclude each other" in doctor(clone, "--sarif", "--junit", only="dev.fine", code=2).stderr


def test_fix_asks(clone: Demo) -> None:
    done = doctor(clone, "--fix", code=2)
    assert "would run  touch wanted (it stays empty)  for dev.broken-file" in done.stderr
    assert "run it yourself:  sudo sysctl fs.patience=1  for dev.by-hand" in done.stderr
    assert "there is no terminal to ask on" in done.stderr
    assert not (clone.root / "wanted").exists()


@pytest.mark.parametrize(("answer", "made"), [("n\n", False), ("y\n", True)])
def test_fix_on_a_terminal(clone: Demo, answer: str, made: bool) -> None:
    screen, keyboard = pty.openpty()
    command = clone.command("doctor", "--engine", "local", "--only", "dev.broken-file", "--fix")
    with subprocess.Popen(
        command, env=clone.environment(TERM="xterm"), stdin=keyboard, stdout=keyboard, stderr=keyboard
    ) as process:
        os.close(keyboard)
        os.write(screen, answer.encode())
        written = b""
        try:
            while chunk := os.read(screen, 4096):
                written += chunk
        except OSError:
            pass  # the other side has ended
    os.close(screen)
    assert (process.returncode, (clone.root / "wanted").exists()) == (0 if made else 1, made), written
    assert (b"Run this? [y/N]" in written, b"nothing was changed" in written) == (True, not made)


def test_fix_says_whether_it_holds(clone: Demo) -> None:
    found = report(clone, "--fix", "--yes", code=0)
    assert (clone.root / "wanted").exists()
    assert {(fix["id"], fix["result"], fix["detail"]) for fix in found["fixes"]} == {
        ("dev.broken-file", "fixed", ""),
        ("dev.stubborn", "failed", "it will not"),
    }
    assert results(found)["dev.child"] == "ok"


def test_nothing_to_fix(clone: Demo) -> None:
    assert "nothing --fix can do" in doctor(clone, "--fix", only="dev.fine").stderr


def test_suppressed_with_a_reason_and_a_day(clone: Demo) -> None:
    table = clone.root / "dev" / "services.yaml"
    before = table.read_text()
    try:
        table.write_text(
            before + "suppress:\n  - {id: dev.broken-file, reason: made by hand, until: 2999-12-31}\n"
        )
        found = report(clone)
        assert found["suppressed"][0]["id"] == "dev.broken-file"
        assert results(found)["dev.broken-file"] == "ok"
        assert "suppressed until 2999-12-31: dev.broken-file (made by hand; " in doctor(clone).stdout
        assert "touch wanted" not in doctor(clone, "--fix", "--yes").stderr
        table.write_text(
            before + "suppress:\n  - {id: dev.broken-file, reason: made by hand, until: 2020-12-31}\n"
        )
        expired = report(clone, code=1)
        (finding,) = [f for f in expired["findings"] if f["id"] == "suppress.expired"]
        assert finding["place"]["line"] == len(before.splitlines()) + 2
    finally:
        table.write_text(before)


def test_a_broken_check_of_the_repository(clone: Demo) -> None:
    path = clone.root / "dev" / "checks" / "worse.py"
    for text, said in (
        ("import nothing_such\n", "dev/checks/worse.py:1 cannot be loaded: No module named"),
        ("", "dev/checks/worse.py has no function check(machine)"),
    ):
        path.write_text(text)
        try:
            assert said in doctor(clone, code=2, only="dev.fine").stderr
        finally:
            path.unlink()


def test_progress_on_a_terminal_alone(clone: Demo) -> None:
    assert doctor(clone, only="dev.fine").stderr == ""
    screen, keyboard = pty.openpty()
    command = clone.command("doctor", "--engine", "local", "--only", "dev.fine")
    done = subprocess.Popen(
        command, env=clone.environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=keyboard
    )
    os.close(keyboard)
    written = b""
    try:
        while chunk := os.read(screen, 4096):
            written += chunk
    except OSError:
        pass
    out, _ = done.communicate(timeout=PATIENCE)
    os.close(screen)
    assert (done.returncode, b"checked 1 of 1" in written) == (0, True), written
    assert b"checked" not in out


def test_a_table_with_mistakes_is_a_finding_at_its_place(tmp_path: Path) -> None:
    with demo(tmp_path) as clone:
        table = clone.root / "dev" / "services.yaml"
        table.write_text(
            table.read_text().replace("image_prefix: demo", "image_prefix: demo\nimage_prefx: demo")
        )
        done = clone.devkit("doctor", "--json", "--only", "project.table", check=False)
        (finding,) = json.loads(done.stdout)["findings"]
        assert (done.returncode, finding["id"], finding["place"]["line"]) == (
            1,
            "project.table.unknown-key",
            5,
        )
