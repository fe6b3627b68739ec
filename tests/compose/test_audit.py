"""Each rule of `devkit compose audit` by a file that breaks it, at the lines that say `here`, and one that does not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from devkit.checks import Outcome
from devkit.checks.runner import run_checks
from devkit.compose import load_project, read_project
from devkit.compose.audit.checks import CHECKS, RULES
from devkit.compose.audit.edits import edited
from devkit.compose.audit.stack import Stack

from tests.compose.generator.projects import sample

CASES = Path(__file__).parent / "audit"
HERE = "# here"
# Those that a fix cannot repair whole: what is written must be decided by somebody.
FIXABLE = (
    "pull-policy", "health-loopback", "health-same", "health-numbers", "stop-grace", "restart", "log-size", "replicas",
    "update-config", "rollback-config", "start-first",
)  # fmt: skip


def outcomes_of(file: Path) -> tuple[Stack, list[Outcome]]:
    stack = Stack(read_project([file], environment={"DB_PASSWORD": "given"}))
    return stack, run_checks(stack, CHECKS, command="compose audit")


def lines_of(outcomes: list[Outcome], rule: str) -> list[int]:
    [outcome] = [each for each in outcomes if each.check.id == f"compose.{rule}"]
    return sorted(problem.place.line for problem in outcome.problems if problem.place)


def test_every_rule_has_its_files() -> None:
    for kind in ("bad", "good"):
        assert {path.stem for path in (CASES / kind).glob("*.yml")} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_what_breaks_a_rule_is_found_where_it_is(rule: str) -> None:
    file = CASES / "bad" / f"{rule}.yml"
    expected = [number for number, line in enumerate(file.read_text().splitlines(), 1) if HERE in line]
    _, outcomes = outcomes_of(file)
    assert expected
    assert sorted(set(lines_of(outcomes, rule))) == expected
    problems = [problem for each in outcomes for problem in each.problems]
    assert all(problem.advice for problem in problems)


@pytest.mark.parametrize("rule", RULES)
def test_what_keeps_a_rule_is_left_alone(rule: str) -> None:
    _, outcomes = outcomes_of(CASES / "good" / f"{rule}.yml")
    assert lines_of(outcomes, rule) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_comment_with_a_reason_allows_it(rule: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    text = (CASES / "bad" / f"{rule}.yml").read_text()
    file.write_text(text.replace(HERE, f"# compose: allow {rule}: it is right here"))
    _, outcomes = outcomes_of(file)
    assert lines_of(outcomes, rule) == []
    assert lines_of(outcomes, "allow") == []


@pytest.mark.parametrize("rule", RULES)
def test_a_fix_repairs_it_and_breaks_nothing(rule: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_text((CASES / "bad" / f"{rule}.yml").read_text())
    stack, before = outcomes_of(file)
    [outcome] = [each for each in before if each.check.id == f"compose.{rule}"]
    applied = [problem.fix.apply for problem in outcome.problems if problem.fix and problem.fix.apply]
    assert bool(applied) is (rule in FIXABLE)
    for apply in applied:
        apply(stack)
    for path, content in edited(Path.cwd(), stack.wanted).items():
        path.write_bytes(content)
    _, after = outcomes_of(file)
    broken = {each.check.id for each in after if each.problems} - {
        each.check.id for each in before if each.problems
    }
    assert broken <= {"compose.update-ignored", "compose.reservations"}
    assert len(lines_of(after, rule)) <= len(lines_of(before, rule)) - len(applied)


def test_any_project_is_judged_and_its_fixes_are_what_compose_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule breaks on what Compose takes, and no fix makes it something that Compose refuses."""
    judged = 0
    for seed in range(60):
        made = sample(seed)
        folder = tmp_path / f"Proj_{seed}"
        made.lay_out(folder)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("HOME", made.environment["HOME"])  # for `~` in paths
        files = [word for before, word in pairwise(made.options) if before == "-f"]
        project, _ = load_project(files, environment=made.environment)
        if project is None:
            continue
        judged += 1
        stack = Stack(project)
        for outcome in run_checks(stack, CHECKS, command="compose audit"):
            assert not any(problem.message.startswith("not known") for problem in outcome.problems), seed
            for problem in outcome.problems:
                if problem.fix and problem.fix.apply:
                    problem.fix.apply(stack)
        for path, content in edited(Path.cwd(), stack.wanted).items():
            path.write_bytes(content)
        project, findings = load_project(files, environment=made.environment)
        assert project is not None, (seed, [finding.message for finding in findings])
    assert judged > 20


def test_our_own_staging_passes() -> None:
    staging = Path(__file__).resolve().parents[2] / "deployment" / "staging"
    project = read_project(
        [staging / "docker-compose.yml"], environment={}, env_files=[staging / ".env.example"]
    )
    outcomes = run_checks(Stack(project), CHECKS, command="compose audit")
    found = [
        problem.message
        for each in outcomes
        for problem in each.problems
        if each.check.id != "compose.update-ignored"
    ]
    assert found == []


def test_a_comment_that_allows_nothing_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(
        "services:\n  db:\n    image: postgres:16 # compose: allow image-pinned: we like it\n"
        "    restart: always # compose: allow restarts: once\n    privileged: true # compose: allow privileged\n"
    )
    _, outcomes = outcomes_of(file)
    assert sorted(set(lines_of(outcomes, "allow"))) == [3, 4, 5]
    assert lines_of(outcomes, "privileged") == [5]


def test_a_generated_file_is_not_edited(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_text("# Generated by something. Edit that.\nservices:\n  db:\n    image: postgres:16\n")
    stack, outcomes = outcomes_of(file)
    for each in outcomes:
        for problem in each.problems:
            if problem.fix and problem.fix.apply:
                problem.fix.apply(stack)
    assert stack.wanted
    assert edited(Path.cwd(), stack.wanted) == {}


def test_what_stands_in_an_env_file_is_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("DB_PASSWORD=hunter2\nDATABASE_URL=postgresql://shop:hunter2@db/shop\n")
    file = tmp_path / "compose.yml"
    file.write_text("services:\n  web:\n    image: web:1\n    env_file: app.env\n")
    _, outcomes = outcomes_of(file)
    assert lines_of(outcomes, "secret-in-file") == lines_of(outcomes, "url-with-password") == []
