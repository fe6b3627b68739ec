"""Only what changed is replaced, only what is ours is touched, and a kill leaves no half file."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from devkit.findings.model import Finding
from devkit.render.marker import with_marker
from devkit.render.writer import Change, ChangeKind, compare, diff_text, write
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.support.demo import until
from tests.support.drawn import drawn

FOLDERS = ("", "k8s")


def files(**bodies: str) -> dict[str, bytes]:
    return {f"k8s/{name}.yaml": with_marker(f"k8s/{name}.yaml", body) for name, body in bodies.items()}


def run(root: Path, wanted: dict[str, bytes]) -> list[Change]:
    changes = compare(root, wanted, FOLDERS)
    write(root, changes, FOLDERS)
    return changes


def findings(root: Path, wanted: dict[str, bytes]) -> list[Finding]:
    return [change.finding for change in compare(root, wanted, FOLDERS) if change.finding]


def test_new_changed_removed(tmp_path: Path) -> None:
    first = run(tmp_path, files(a="one\n", b="two\n"))
    assert [(c.path, c.kind) for c in first] == [
        ("k8s/a.yaml", ChangeKind.CREATE),
        ("k8s/b.yaml", ChangeKind.CREATE),
    ]
    second = run(tmp_path, files(a="one\n", c="three\n"))
    assert [(c.path, c.kind) for c in second] == [
        ("k8s/b.yaml", ChangeKind.REMOVE),
        ("k8s/c.yaml", ChangeKind.CREATE),
    ]
    third = run(tmp_path, files(a="new\n", c="three\n"))
    assert [(c.path, c.kind) for c in third] == [("k8s/a.yaml", ChangeKind.UPDATE)]
    assert run(tmp_path, files(a="new\n", c="three\n")) == []


def test_what_people_are_told_of_each() -> None:
    assert [kind.value for kind in ChangeKind] == ["new", "changed", "removed"]


def test_a_diff_that_patch_takes(tmp_path: Path) -> None:
    """A line ends at a line feed alone, and what has none at its end says so."""
    changes = [
        Change("a", ChangeKind.CREATE, None, b"one\n"),
        Change("b", ChangeKind.UPDATE, b"one\x0btwo\rthree\nfour", b"one\x0btwo\rthree\nfive\n"),
        Change("c", ChangeKind.REMOVE, b"\n\xfflast", None),
        Change("d", ChangeKind.CREATE, None, b""),
    ]
    assert diff_text(changes) == (
        "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+one\n"
        "--- a/b\n+++ b/b\n@@ -1,2 +1,2 @@\n one\x0btwo\rthree\n-four\n\\ No newline at end of file\n+five\n"
        "--- a/c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-\n-\ufffdlast\n\\ No newline at end of file\n"
    )
    assert diff_text([]) == ""


def test_a_file_that_somebody_else_removed_first(tmp_path: Path) -> None:
    run(tmp_path, files(a="one\n", b="two\n"))
    changes = compare(tmp_path, files(), FOLDERS)
    (tmp_path / "k8s/a.yaml").unlink()
    write(tmp_path, changes, FOLDERS)
    assert list((tmp_path / "k8s").iterdir()) == []


def test_what_cannot_be_read_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "k8s").mkdir()
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("k8s/a.yaml")
        (found,) = findings(tmp_path, files(a="one\n"))
    assert (found.id, str(found.place)) == ("generate.unreadable", "k8s/a.yaml")
    assert "No such device or address" in found.message


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    run(tmp_path, files(a="one\n", b="two\n"))
    before = (tmp_path / "k8s/a.yaml").stat()
    run(tmp_path, files(a="one\n", b="new\n"))
    after = (tmp_path / "k8s/a.yaml").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_compare_writes_nothing(tmp_path: Path) -> None:
    compare(tmp_path, files(a="one\n"), FOLDERS)
    assert list(tmp_path.iterdir()) == []


def test_windows_line_ends_are_no_change(tmp_path: Path) -> None:
    run(tmp_path, files(a="one\n"))
    path = tmp_path / "k8s/a.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert compare(tmp_path, files(a="one\n"), FOLDERS) == []


def test_a_foreign_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/a.yaml").write_text("mine\n")
    (found,) = findings(tmp_path, files(a="one\n"))
    assert (found.id, str(found.place)) == ("generate.foreign", "k8s/a.yaml")


def test_a_foreign_file_elsewhere_is_never_touched(tmp_path: Path) -> None:
    run(tmp_path, files(a="one\n"))
    (tmp_path / "k8s/mine.yaml").write_text("mine\n")
    copied = tmp_path / "k8s/copy.yaml"
    copied.write_bytes((tmp_path / "k8s/a.yaml").read_bytes())
    run(tmp_path, files())
    assert sorted(p.name for p in (tmp_path / "k8s").iterdir()) == ["copy.yaml", "mine.yaml"]


def test_a_hand_edit_is_noticed_and_shown(tmp_path: Path) -> None:
    run(tmp_path, files(a="one\n"))
    path = tmp_path / "k8s/a.yaml"
    path.write_text(path.read_text() + "by hand\n")
    (change,) = compare(tmp_path, files(a="one\n"), FOLDERS)
    assert change.finding is not None
    assert change.finding.id == "generate.edited"
    assert "\n-by hand\n" in diff_text([change])
    (change,) = compare(tmp_path, files(), FOLDERS)
    assert change.finding is not None
    assert change.finding.id == "generate.edited"
    assert "no longer generated" in change.finding.message


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "clone"
    root.mkdir()
    (root / "k8s").symlink_to(outside)
    assert [f.id for f in findings(root, files(a="one\n"))] == ["generate.in-the-way"]
    (root / "k8s").unlink()
    (root / "k8s").mkdir()
    (root / "k8s/a.yaml").symlink_to(outside / "a.yaml")
    assert [f.id for f in findings(root, files(a="one\n"))] == ["generate.in-the-way"]


def test_folders_and_files_in_each_others_place(tmp_path: Path) -> None:
    (tmp_path / "k8s").write_text("a file\n")
    assert [(f.id, str(f.place)) for f in findings(tmp_path, files(a="one\n"))] == [
        ("generate.in-the-way", "k8s")
    ]
    (tmp_path / "k8s").unlink()
    (tmp_path / "k8s/a.yaml").mkdir(parents=True)
    assert [(f.id, str(f.place)) for f in findings(tmp_path, files(a="one\n"))] == [
        ("generate.in-the-way", "k8s/a.yaml")
    ]


bodies = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.text(st.characters(codec="utf-8", exclude_characters="\r"))
)


@given(
    steps=st.lists(bodies, min_size=1, max_size=4),
    foreign=st.dictionaries(st.sampled_from(["mine", "yours"]), st.binary(max_size=40)),
)
@drawn(40, HealthCheck.function_scoped_fixture)
def test_any_sequence_ends_in_what_is_wanted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str]], foreign: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("clone")
    (root / "k8s").mkdir()
    for name, content in foreign.items():
        (root / "k8s" / f"{name}.yaml").write_bytes(content)
    for step in steps:
        wanted = files(**step)
        assert not findings(root, wanted)
        run(root, wanted)
        assert compare(root, wanted, FOLDERS) == []
        there = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        assert there == wanted | {f"k8s/{name}.yaml": content for name, content in foreign.items()}


WRITER = """
import pathlib, sys
from devkit.render.marker import with_marker
from devkit.render.writer import compare, write
root = pathlib.Path(sys.argv[1])
print("ready", flush=True)
for n in range(10**9):
    body = f"# {n % 2}\\n" + f"line {n % 2}\\n" * 20000
    files = {f"k8s/{i}.yaml": with_marker(f"k8s/{i}.yaml", body) for i in range(3)}
    write(root, compare(root, files, ("k8s",)), ("k8s",))
"""


def test_a_kill_leaves_old_or_new_never_half(tmp_path: Path) -> None:
    whole = {
        with_marker(f"k8s/{i}.yaml", f"# {n}\n" + f"line {n}\n" * 20000) for i in range(3) for n in range(2)
    }
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    chance = random.Random(7)
    left_behind = 0
    for number in range(12):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            if number == 0:  # however slow the machine: one that was killed after it had written
                until(lambda: list(tmp_path.glob("k8s/*.yaml")), what="a file")
            time.sleep(chance.uniform(0.005, 0.1))
            process.kill()
        for path in tmp_path.glob("k8s/*.yaml"):
            assert path.read_bytes() in whole, f"{path} is half written"
        left_behind += len(list(tmp_path.glob("k8s/.*")))
    # The next run takes away what the killed ones left.
    write(tmp_path, [], ("k8s",))
    assert not list(tmp_path.glob("k8s/.*"))
    assert list(tmp_path.glob("k8s/*.yaml")), "nothing was ever written: the test proves nothing"
