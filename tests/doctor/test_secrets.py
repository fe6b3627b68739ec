"""doctor's group `secrets`. No value is ever shown."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from devkit.checks import Outcome
from devkit.doctor.catalogue import all_checks
from devkit.doctor.look import look
from devkit.findings.model import Severity

from tests.support.machine import Workplace, only_problem

_FILE = "k8s/dev/secret.yaml"
_FINE = """\
apiVersion: v1
kind: Secret
stringData:
  POSTGRES_PASSWORD: PLANTED
  DATABASE_URL: postgresql://demo:PLANTED@postgres.demo-dev.svc.cluster.local:PORT/demo
  REDIS_URL: redis://mine:6379
"""


def put(workplace: Workplace, text: str = _FINE, mode: int = 0o600) -> Path:
    """The secrets' file."""
    import yaml

    table = yaml.safe_load((workplace.root / "dev/services.yaml").read_text())
    path = workplace.in_clone(_FILE, text.replace("PORT", str(table["services"]["postgres"]["port"])))
    path.chmod(mode)
    return path


def run_all(workplace: Workplace) -> dict[str, Outcome]:
    """The group, with what it builds on."""
    checks = [c for c in all_checks(workplace.root) if c.group == "secrets" or c.id == "project.table"]
    outcomes = look(workplace.machine, checks)
    assert "PLANTED" not in repr([(o.seen, [str(p) + str(p.advice) for p in o.problems]) for o in outcomes])
    return {o.check.id: o for o in outcomes}


def test_fine(workplace: Workplace) -> None:
    put(workplace)
    found = run_all(workplace)
    assert {id: o.seen for id, o in found.items() if id not in ("project.table", "secrets.ignored")} == {
        "secrets.present": "3 keys",
        "secrets.mode": "0600",
        "secrets.placeholders": "3 values",
        "secrets.unknown": "3 keys",
    }


def test_none_yet_is_one_note(workplace: Workplace) -> None:
    found = run_all(workplace)
    problem = only_problem(found["secrets.present"])
    assert problem.severity is Severity.NOTE
    assert all(found[f"secrets.{name}"].needless for name in ("mode", "placeholders", "unknown"))
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    assert run_all(workplace)["secrets.present"].seen == "3 keys"
    assert stat.S_IMODE((workplace.root / _FILE).stat().st_mode) == 0o600


def test_white_space(workplace: Workplace) -> None:
    put(workplace, _FINE.replace("PASSWORD: PLANTED", "PASSWORD: '  '"))
    problem = run_all(workplace)["secrets.placeholders"].problems[0]  # the URL does not carry it either
    assert problem.message == "POSTGRES_PASSWORD is white space only"
    assert problem.advice == "run ./devkit secrets set POSTGRES_PASSWORD"


def test_a_key_missing(workplace: Workplace) -> None:
    put(workplace, _FINE.replace("POSTGRES_PASSWORD", "OTHER_PASSWORD"))
    found = run_all(workplace)
    assert "POSTGRES_PASSWORD is missing" in only_problem(found["secrets.present"]).message
    unknown = only_problem(found["secrets.unknown"])
    assert unknown.message == "no service uses OTHER_PASSWORD"
    assert str(unknown.place) == f"{_FILE}:4:1"


@pytest.mark.parametrize(
    "text", ["stringData: [PLANTED]\n", "PLANTED: [\n", "kind: Secret\nPLANTED\n", "\0PLANTED"]
)
def test_no_secret_at_all_is_one_error(workplace: Workplace, text: str) -> None:
    put(workplace, text)
    found = run_all(workplace)
    assert only_problem(found["secrets.present"]).severity is Severity.ERROR
    for name in ("mode", "placeholders", "unknown"):
        assert found[f"secrets.{name}"].skipped == "not checked because secrets.present failed"


def test_a_folder(workplace: Workplace) -> None:
    (workplace.root / _FILE).mkdir(parents=True)
    assert "cannot be read" in only_problem(run_all(workplace)["secrets.present"]).message


def test_others_can_read_it(workplace: Workplace) -> None:
    path = put(workplace, mode=0o644)
    problem = only_problem(run_all(workplace)["secrets.mode"])
    assert problem.message == "others can read it (mode 0644)"
    assert problem.advice == f"chmod 600 {_FILE}"
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_doubtful_values(workplace: Workplace) -> None:
    put(workplace, _FINE.replace("POSTGRES_PASSWORD: PLANTED", 'POSTGRES_PASSWORD: ""'))
    problems = run_all(workplace)["secrets.placeholders"].problems
    assert {p.part for p in problems} == {"empty", "derived"}
    put(workplace, _FINE.replace("PASSWORD: PLANTED", "PASSWORD: <changeme>"))
    placeholder, derived = sorted(
        run_all(workplace)["secrets.placeholders"].problems, key=lambda p: p.severity is Severity.ERROR
    )
    assert (placeholder.part, placeholder.severity) == ("placeholder", Severity.WARNING)
    assert str(placeholder.place) == f"{_FILE}:4:1"
    assert placeholder.advice == "run ./devkit secrets set POSTGRES_PASSWORD"
    assert derived.part == "derived"
    put(workplace, _FINE.replace("redis://mine:6379", '"two\\nlines"'))
    assert only_problem(run_all(workplace)["secrets.placeholders"]).part == "text"


def test_an_empty_one_is_filled(workplace: Workplace) -> None:
    put(
        workplace,
        "stringData:\n  POSTGRES_PASSWORD: ''\n  REDIS_URL: redis://mine:1\n  DATABASE_URL: postgresql://me@mine/x\n",
    )
    problem = only_problem(run_all(workplace)["secrets.placeholders"])
    assert problem.part == "empty"
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    assert run_all(workplace)["secrets.placeholders"].problems == ()


def test_git(workplace: Workplace) -> None:
    assert workplace.run("secrets.ignored").needless
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")
    (workplace.programs / "git").symlink_to(git)
    assert "not a git repository" in str(workplace.run("secrets.ignored").skipped)
    subprocess.run([git, "init", "-q", str(workplace.root)], check=True, env={"PATH": os.environ["PATH"]})
    put(workplace)
    problem = only_problem(workplace.run("secrets.ignored"))
    assert problem.severity is Severity.WARNING
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    assert workplace.run("secrets.ignored").seen == "ignored"
    assert (workplace.root / ".gitignore").read_text() == f".devkit\n{_FILE}\n"
    subprocess.run([git, "-C", str(workplace.root), "add", "--force", _FILE], check=True)
    tracked = only_problem(workplace.run("secrets.ignored"))
    assert tracked.severity is Severity.ERROR
    assert "git rm --cached" in str(tracked.advice)
