"""`devkit db check` on migrations that are known: each bad one is found, by its rule and at its line; no good one is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from devkit.checks.runner import run_checks
from devkit.database.check.checks import CHECKS, Examination
from devkit.database.check.judge import judge
from devkit.database.check.run import Migrated, run_migrations
from devkit.database.check.scratch import ScratchServer
from devkit.database.check.squawk import squawk
from devkit.database.history import History

from tests.database.known_migrations import BAD, BASE, GOOD, LATER

_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, pool, text

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
with create_engine(url, poolclass=pool.NullPool).connect() as connection:
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS versions"))
    connection.commit()
    context.configure(connection=connection, version_table_schema="versions")
    with context.begin_transaction():
        context.run_migrations()
"""
_EXPECTED = re.compile(r"#!((?: [\w.-]+)+)$", re.MULTILINE)
_ANEW = """
    op.execute("drop schema public cascade; drop schema if exists old cascade; create schema public")
"""
CASES = {**BAD, **GOOD}


def write(folder: Path, *bodies: str) -> Path:
    """A folder of migrations: each body is an upgrade()."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    (folder / "env.py").write_text(_ENV)
    for number, body in enumerate(bodies, 1):
        down = f"{number - 1:04}" if number > 1 else None
        code = f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision, down_revision = '{number:04}', {down!r}\n\n\n"
        code += f"def upgrade() -> None:\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
        (versions / f"{number:04}.py").write_text(code)
    return folder


@dataclass
class Case:
    """A known migration: its files, what their marks say, and what is found, as file, line and rule."""

    files: list[str]
    marked: list[tuple[str, int, str]]
    found: list[tuple[str, int, str]]


@pytest.fixture(scope="module")
def cases(server: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """All cases in one history, each after a migration that makes everything anew."""
    bodies, names = list[str](), list[str]()
    for name, text in CASES.items():
        for number, body in enumerate(text.split(LATER)):
            bodies += [_ANEW + BASE, body] if number == 0 else [body]
            names += ["", name] if number == 0 else [name]
    folder = write(tmp_path_factory.mktemp("known") / "migrations", *bodies)
    history = History(folder)
    line = history.line(history.head)
    checked = tuple(revision for revision, name in zip(line, names, strict=True) if name)
    migrated = run_migrations(server, folder, history, line, checked)
    said = squawk(migrated, server.version)
    made = dict[str, Case]()
    for name in CASES:
        own = [each for each in migrated if names[int(each.revision.id) - 1] == name]
        files = [each.file for each in own]
        violations = judge(own, together=True) + [each for each in said if each.place.file in files]
        made[name] = Case(files, _marked(own), _found(Examination(own, violations)))
    return made


def _marked(migrated: Sequence[Migrated]) -> list[tuple[str, int, str]]:
    return [
        (each.file, number, rule)
        for each in migrated
        for number, line in enumerate(each.revision.source.splitlines(), 1)
        for marked in _EXPECTED.finditer(line)
        for rule in marked[1].split()
    ]


def _found(examined: Examination) -> list[tuple[str, int, str]]:
    outcomes = run_checks(examined, CHECKS, command="db check")
    return sorted(
        (problem.place.file, problem.place.line, problem.as_finding(outcome.check.id).id.removeprefix("db."))
        for outcome in outcomes
        for problem in outcome.problems
        if problem.place
    )


def test_enough_is_known() -> None:
    assert min(len(BAD), len(GOOD)) >= 30


@pytest.mark.parametrize("name", BAD)
def test_bad(cases: dict[str, Case], name: str) -> None:
    assert cases[name].marked, f"say in {name!r} which line is bad"
    assert cases[name].found == cases[name].marked


@pytest.mark.parametrize("name", GOOD)
def test_good(cases: dict[str, Case], name: str) -> None:
    assert cases[name].files, "it was not run"
    assert cases[name].found == []
