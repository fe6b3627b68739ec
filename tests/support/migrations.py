"""A repository's migrations and a database of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from devkit.database import migrating, operations, rollback

__all__ = ["Project", "adds"]

_ENV = """\
import os

from alembic import context
from sqlalchemy import Column, MetaData, Table, Text, create_engine

models = MetaData()
Table("notes", models, Column("text", Text), MODELS)
with create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")).connect() as connection:
    context.configure(connection=connection, TARGET)
    with context.begin_transaction():
        context.run_migrations()
"""


@dataclass
class Project:
    """A folder of migrations and a database of its own."""

    folder: Path
    url: str

    def write(self, name: str, after: str | None, up: str, down: str = "pass") -> Path:
        """A revision named by the file's first four letters."""
        file = self.folder / "versions" / f"{name}.py"
        file.write_text(
            f'"""{name}"""\nfrom alembic import op\nrevision, down_revision = {name[:4]!r}, {after!r}\n'
            f"def upgrade() -> None:\n    {up}\ndef downgrade() -> None:\n    {down}\n"
        )
        return file

    def models(self, columns: str = "", target: str = "target_metadata=models") -> None:
        """What env.py compares with: the table notes, with more columns."""
        (self.folder / "env.py").write_text(_ENV.replace("MODELS", columns).replace("TARGET", target))

    def migrate(self) -> list[str]:
        return migrating.migrate(self.url, self.folder).lines

    def status(self) -> operations.DatabaseStatus:
        return operations.status(self.url, self.folder)

    def roll_back(self, steps: int | None = None, to: str | None = None) -> rollback.Rollback:
        plan = rollback.plan_rollback(self.url, self.folder, steps, to)
        rollback.roll_back(self.url, self.folder, plan)
        return plan

    def redo(self) -> list[str]:
        rollback.roll_back(self.url, self.folder, rollback.plan_redo(self.url, self.folder))
        return self.migrate()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else []

    def columns(self) -> list[str]:
        """Those of notes."""
        query = "select column_name from information_schema.columns where table_name = 'notes' order by ordinal_position"
        return [str(name) for (name,) in self.ask(query)]


def adds(column: str) -> tuple[str, str]:
    """An upgrade and its downgrade."""
    return (
        f'op.execute("alter table notes add {column} text")',
        f'op.execute("alter table notes drop {column}")',
    )
