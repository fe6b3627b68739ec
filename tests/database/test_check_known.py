"""`devkit db check` on migrations that are known: each bad one is found, by its rule and at its line; no good one is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.checks.runner import run_checks
from devkit.database.check.checks import CHECKS, examine
from devkit.database.check.scratch import ScratchServer, scratch_server
from devkit.database.check.since import Selection
from devkit.database.history import History

from tests.database.known_migrations import BAD, BASE, GOOD, LATER

_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, text

with create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")).connect() as connection:
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_EXPECTED = re.compile(r"#!((?: [\w.-]+)+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchServer]:
    with scratch_server() as running:
        yield running


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


def expected(folder: Path) -> list[tuple[str, int, str]]:
    """File, line and rule of what the marks say."""
    return [
        (file.name, number, rule)
        for file in sorted((folder / "versions").iterdir())
        if file.suffix == ".py"
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for marked in _EXPECTED.finditer(line)
        for rule in marked[1].split()
    ]


def found(server: ScratchServer, folder: Path) -> list[tuple[str, int, str]]:
    """The same of what is found, in all migrations but the first, which are deployed together."""
    history = History(folder)
    line = history.line(history.head)
    examined = examine(server, folder, history, Selection(line[1:], True, ""))
    assert not examined.without_squawk
    outcomes = run_checks(examined, CHECKS, command="db check")
    return sorted(
        (Path(problem.place.file).name, problem.place.line, finding.id.removeprefix("db."))
        for outcome in outcomes
        for problem in outcome.problems
        if (finding := problem.as_finding(outcome.check.id)) and problem.place
    )


def test_enough_is_known() -> None:
    assert min(len(BAD), len(GOOD)) >= 30


@pytest.mark.parametrize("name", BAD)
def test_bad(server: ScratchServer, tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "migrations", BASE, *BAD[name].split(LATER))
    marked = expected(folder)
    assert marked, f"say in {name!r} which line is bad"
    assert found(server, folder) == marked


@pytest.mark.parametrize("name", GOOD)
def test_good(server: ScratchServer, tmp_path: Path, name: str) -> None:
    assert found(server, write(tmp_path / "migrations", BASE, *GOOD[name].split(LATER))) == []
