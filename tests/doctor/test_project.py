"""doctor's group `project`, on clones that are really broken."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.checks import Outcome, Problem
from devkit.findings.model import Severity
from markupsafe import _speedups

from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import in_own_mounts, mounted_over, run_elsewhere
from tests.support.platform import ROOT


@pytest.fixture
def cloned(workplace: Workplace) -> Workplace:
    """The clone as git has it, with git on PATH."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")
    (workplace.programs / "git").symlink_to(git)
    workplace.in_clone("devkit", "#!/bin/sh\nexit 0\n").chmod(0o755)
    workplace.in_clone("scripts/run.sh", "#!/bin/sh\nexit 0\n").chmod(0o755)
    _git(workplace, "init", "-q")
    _git(workplace, "config", "core.autocrlf", "false")
    _git(workplace, "add", ".")
    return workplace


def _git(workplace: Workplace, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(workplace.root), *arguments], check=True, capture_output=True)


def fixed(workplace: Workplace, problem: Problem, id: str) -> Outcome:
    """What a check says after its own fix."""
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    return workplace.run(id)


def test_overrides(workplace: Workplace) -> None:
    assert workplace.run("project.overrides").seen == "changes nothing"
    workplace.in_clone("tilt_config.json", {"debug": False})
    assert workplace.run("project.overrides").seen == "changes debug"
    workplace.in_clone("tilt_config.json", '{\n  "debug": 1,\n  "offf": []\n}')
    problems = workplace.run("project.overrides").problems
    assert {(str(p.place), p.part) for p in problems} == {
        ("tilt_config.json:2:12", "type"),
        ("tilt_config.json:3:3", "unknown-key"),
    }
    assert any("did you mean `off`" in str(p.advice) for p in problems)


@pytest.mark.parametrize(
    ("content", "says"), [("[]", "not an object"), ("{", "is not JSON"), ("\0", "is not JSON")]
)
def test_overrides_that_are_none(workplace: Workplace, content: str, says: str) -> None:
    workplace.in_clone("tilt_config.json", content)
    assert says in only_problem(workplace.run("project.overrides")).message


def test_artefacts(workplace: Workplace) -> None:
    problem = only_problem(workplace.run("project.artefacts"))
    assert problem.severity is Severity.WARNING
    assert ".env.example (new)" in problem.message
    assert "launch.json" not in problem.message
    assert fixed(workplace, problem, "project.artefacts").seen == "in step with the table"
    assert (workplace.root / "k8s/dev/hello.yaml").is_file()
    table = workplace.root / "dev/services.yaml"
    table.write_text(table.read_text().replace("default: hello\n", "default: good day\n"))
    changed = only_problem(workplace.run("project.artefacts"))
    assert "(changed)" in changed.message


def test_artefacts_that_someone_edited(workplace: Workplace) -> None:
    fixed(workplace, only_problem(workplace.run("project.artefacts")), "project.artefacts")
    edited = workplace.root / "k8s/dev/hello.yaml"
    edited.write_text(edited.read_text() + "# mine\n")
    before = edited.read_bytes()
    problem = only_problem(workplace.run("project.artefacts"))
    assert problem.part == "edited"
    assert str(problem.place) == "k8s/dev/hello.yaml"
    assert problem.fix is None
    assert edited.read_bytes() == before


def test_launch(workplace: Workplace) -> None:
    problem = only_problem(workplace.run("project.launch"))
    assert str(problem.place) == ".vscode/extensions.json"
    for name in ("extensions", "launch", "settings", "tasks"):
        assert f".vscode/{name}.json" in problem.message
    assert fixed(workplace, problem, "project.launch").seen == "current"
    launch = workplace.root / ".vscode/launch.json"
    launch.write_text('{"configurations": [\n  {"name": ]')
    broken = only_problem(workplace.run("project.launch"))
    assert str(broken.place).startswith(".vscode/launch.json:1:")
    assert not any(p.place == broken.place for p in workplace.run("project.artefacts").problems)


def test_venv(workplace: Workplace) -> None:
    assert workplace.run("project.venv").needless
    venv = workplace.root / ".venv"
    venv.mkdir()
    assert "devkit did not create it" in only_problem(workplace.run("project.venv")).message
    (venv / "made-by-devkit").touch()
    assert "Python is gone" in only_problem(workplace.run("project.venv")).message
    _make_venv(workplace)
    version = ".".join(map(str, sys.version_info[:2]))
    assert workplace.run("project.venv").seen == f"Python {version}"


def test_venv_behind_its_locks(workplace: Workplace) -> None:
    _make_venv(workplace)
    workplace.in_clone("requirements/devkit.txt", "rich==2\n")
    problem = only_problem(workplace.run("project.venv"))
    assert problem.severity is Severity.WARNING
    assert "today's requirements/devkit.txt" in problem.message


def test_a_library_that_was_cut_off(workplace: Workplace) -> None:
    """One of this very Python's, as a full disk leaves it."""
    _make_venv(workplace)
    whole = Path(_speedups.__file__).read_bytes()
    for name, content in (("whole", whole), ("half", whole[: len(whole) // 2]), ("empty", b"")):
        workplace.in_clone(f".venv/lib/python3.11/site-packages/x/{name}.so", "").write_bytes(content)
    message = only_problem(workplace.run("project.libraries")).message
    assert "lib/python3.11/site-packages/x/empty.so, lib/python3.11/site-packages/x/half.so," in message
    assert "whole.so" not in message


def test_venv_of_another_python(workplace: Workplace) -> None:
    _make_venv(workplace)
    packages = next((workplace.root / ".venv/lib").iterdir())
    packages.rename(packages.with_name("python3.2"))
    assert "its packages are for another version" in only_problem(workplace.run("project.venv")).message
    (workplace.root / ".venv/unfinished").touch()
    assert "unfinished" in only_problem(workplace.run("project.venv")).message


def test_venv_whose_python_breaks(workplace: Workplace) -> None:
    _make_venv(workplace)
    python = workplace.root / ".venv/bin/python"
    python.unlink()
    python.write_text(
        "#!/bin/sh\necho 'libpython3.11.so.1.0: cannot open shared object file' >&2\nexit 127\n"
    )
    python.chmod(0o755)
    assert "libpython3.11" in only_problem(workplace.run("project.venv")).message


def _make_venv(workplace: Workplace) -> None:
    venv = workplace.root / ".venv"
    shutil.rmtree(venv, ignore_errors=True)
    call = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(call, check=True, capture_output=True)
    (venv / "made-by-devkit").touch()
    (venv / "devkit-locks").mkdir()
    for purpose in ("devkit", "services", "debug", "embedded"):
        workplace.in_clone(f"requirements/{purpose}.txt", "rich==1\n")
        (venv / "devkit-locks" / f"{purpose}.txt").write_text("rich==1\n")


def test_locks(workplace: Workplace) -> None:
    assert workplace.run("project.locks").needless
    workplace.in_clone("requirements/a.in", "# why\nrich\nPy_YAML[x]>=6 # and why\n")
    workplace.in_clone(
        "requirements/a.txt", "rich==13.1 ; python_version < '3.12' \\\n    --hash=x\npy-yaml==6.0\n"
    )
    assert workplace.run("project.locks").seen == "a"
    workplace.in_clone("requirements/a.in", "rich>=14\nhttpx\n???\n")
    workplace.in_clone("requirements/b.in", "rich\n")
    workplace.in_clone("requirements/b.txt", "rich==12\n")
    workplace.in_clone("requirements/c.in", "rich\n")
    found = {(str(p.place), p.message) for p in workplace.run("project.locks").problems}
    assert found == {
        ("requirements/a.in:1:1", "a.txt pins rich 13.1, not >=14"),
        ("requirements/a.in:2:1", "httpx is not in a.txt"),
        ("requirements/a.in:3:1", "is not a requirement"),
        ("requirements/b.txt", "a.txt pins rich 13.1, b.txt 12"),
        ("requirements/c.in", "c.txt is missing or cannot be read"),
    }


def test_every_line_is_compared_with_the_lock(workplace: Workplace) -> None:
    """Also one after a line that asks for nothing, or that nobody understands; a lock's line without `==` pins nothing."""
    asked = "# \xff\none\n\ntwo\n-r other.in\nthree\n???\nfour\nq\nbelow\nabout\nlisted\n"
    pinned = "# listed==1 \xff\n    listed==1\n-e listed\n???\nq==1\nbelow<=1\nabout~=1.0\n"
    for name, content in (("a.in", asked), ("a.txt", pinned)):
        workplace.in_clone(f"requirements/{name}", "").write_bytes(content.encode("latin-1"))
    problems = workplace.run("project.locks").problems
    missing = [
        (str(p.place), p.message, p.part, p.advice) for p in problems if p.message.endswith("is not in a.txt")
    ]
    names = {2: "one", 4: "two", 6: "three", 8: "four", 10: "below", 11: "about", 12: "listed"}
    assert missing == [
        (f"requirements/a.in:{line}:1", f"{name} is not in a.txt", "a", "requirements/lock (needs uv)")
        for line, name in names.items()
    ]
    assert [(str(p.place), p.part) for p in problems if p.message == "is not a requirement"] == [
        ("requirements/a.in:7:1", "a")
    ]


def test_locks_that_do_not_fit_each_other(workplace: Workplace) -> None:
    """Each is compared with the first that has the name; a prerelease is as good as another version."""
    for name, lines in {
        "a": "rich==1\nnew==1.0rc1\n",
        "b": "rich==1\n",
        "c": "rich==2\nnew==1.0rc1\n",
    }.items():
        workplace.in_clone(f"requirements/{name}.in", "rich\n" if name == "b" else "rich\nnew>=1.0rc1\n")
        workplace.in_clone(f"requirements/{name}.txt", lines)
    problem = only_problem(workplace.run("project.locks"))
    assert problem.message == "a.txt pins rich 1, c.txt 2"
    assert (str(problem.place), problem.part) == ("requirements/c.txt", "c")


def test_this_clones_own_locks(workplace: Workplace) -> None:
    workplace.root = ROOT
    assert workplace.run("project.locks").problems == ()


def test_line_endings(cloned: Workplace) -> None:
    assert cloned.run("project.line-endings").seen.endswith(" files")
    plain = cloned.root / "libs/README"
    plain.write_bytes(b"a\r\nb\r\n")
    cloned.in_clone("libs/README", "a\nb\n")
    _git(cloned, "add", "libs/README")
    plain.write_bytes(b"a\r\nb\r\n")
    problem = only_problem(cloned.run("project.line-endings"))
    assert problem.severity is Severity.WARNING
    assert "libs/README end lines with CR LF" in problem.message
    script = cloned.root / "scripts/run.sh"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    worse = only_problem(cloned.run("project.line-endings"))
    assert worse.severity is Severity.ERROR
    assert "scripts/run.sh" in worse.message
    assert "cannot be run" in worse.message
    assert "autocrlf" not in worse.message
    _git(cloned, "config", "core.autocrlf", "true")
    assert "git config core.autocrlf input" in only_problem(cloned.run("project.line-endings")).message
    mode = stat.S_IMODE(script.stat().st_mode)
    assert fixed(cloned, worse, "project.line-endings").problems == ()
    assert stat.S_IMODE(script.stat().st_mode) == mode
    assert subprocess.run([script]).returncode == 0


def test_run_bits(cloned: Workplace) -> None:
    assert cloned.run("project.run-bits").seen == "devkit, scripts/run.sh"
    (cloned.root / "scripts/run.sh").chmod(0o644)
    assert only_problem(cloned.run("project.run-bits")).severity is Severity.WARNING
    (cloned.root / "devkit").chmod(0o644)
    problem = only_problem(cloned.run("project.run-bits"))
    assert problem.severity is Severity.ERROR
    assert problem.advice == "chmod +x devkit scripts/run.sh"
    assert fixed(cloned, problem, "project.run-bits").problems == ()


def test_run_bits_without_git(workplace: Workplace) -> None:
    workplace.in_clone("devkit", "#!/bin/sh\n").chmod(0o644)
    assert "devkit may not be run" in only_problem(workplace.run("project.run-bits")).message


def test_run_bits_on_a_disk_that_forbids_them(cloned: Workplace) -> None:
    mount = mounted_over(cloned.root, "remount,bind,noexec")
    problem = run_elsewhere(cloned, "project.run-bits", mount, prefix=in_own_mounts()).problem
    assert "this file system forbids it" in problem["message"]
    assert "noexec" in problem["message"]


def test_node_modules(workplace: Workplace) -> None:
    assert workplace.run("project.node-modules").needless
    table = workplace.root / "dev/services.yaml"
    page = """  page:
    type: vite
    about: The page.
    port: 5199
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
"""
    table.write_text(table.read_text() + page)
    workplace.in_clone("apps/page/package.json", "{}")
    assert workplace.run("project.node-modules").needless  # no npm
    workplace.program("npm", "mkdir -p node_modules")
    assert workplace.run("project.node-modules").seen == "page"  # no packages, no lock
    workplace.in_clone("apps/page/package.json", {"devDependencies": {"vite": "7"}})
    (workplace.programs / "mkdir").symlink_to(shutil.which("mkdir") or "/bin/mkdir")
    assert "package-lock.json is missing" in only_problem(workplace.run("project.node-modules")).message
    lock = workplace.in_clone("apps/page/package-lock.json", '{"lockfileVersion": 3}')
    problem = only_problem(workplace.run("project.node-modules"))
    assert problem.severity is Severity.NOTE
    assert "are not installed" in problem.message
    workplace.in_clone("apps/page/node_modules/.devkit-lock.json", lock.read_text())
    assert workplace.run("project.node-modules").seen == "page"
    lock.write_text("{}")
    assert "are not those of package-lock.json" in only_problem(workplace.run("project.node-modules")).message
