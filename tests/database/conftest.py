"""Migrations in a folder whose name Alembic stumbles over, on a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.database.check.scratch import ScratchServer, scratch_server

from tests.support.migrations import Project
from tests.support.platform import ROOT
from tests.support.storage import Postgres


@pytest.fixture(scope="session")
def server() -> Iterator[ScratchServer]:
    """Where migrations are checked and measured."""
    with scratch_server() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("DATABASE_URL", "")  # so that it is as before afterwards
    folder = tmp_path / "50% ü #1" / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s\nfile_template = %%(rev)s_%%(slug)s\n"
    )
    (folder / "script.py.mako").write_text((ROOT / "migrations/script.py.mako").read_text())
    made = Project(folder, postgres_server.create())
    made.models()
    made.write(
        "0001_notes", None, 'op.execute("create table notes (text text)")', 'op.execute("drop table notes")'
    )
    assert made.migrate() == ["migrated an empty database → 0001"]
    return made
