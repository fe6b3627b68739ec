"""Migrations as people make them: added, edited, taken back; on a real Postgres, in a folder whose name Alembic stumbles over."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from devkit.base.errors import DevkitError
from devkit.database import authoring, migrating, operations, rollback

from tests.support.platform import ROOT
from tests.support.storage import Postgres

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


def adds(column: str) -> tuple[str, str]:
    """An upgrade and its downgrade."""
    return (
        f'op.execute("alter table notes add {column} text")',
        f'op.execute("alter table notes drop {column}")',
    )


def test_an_empty_revision_waits_until_it_is_written(project: Project) -> None:
    file = authoring.new_revision(project.folder, 'say "who" wrote \\ it')
    assert file is not None
    assert file.name.endswith("_say_who_wrote_it.py")
    for words in (["check", "--ignore", "F401"], ["format", "--check"]):
        config = ["--config", str(ROOT / "pyproject.toml")] if words[0] == "format" else []
        subprocess.run(
            [sys.executable, "-m", "ruff", *words, *config, str(file)], check=True, capture_output=True
        )
    told = f"{file.name} waits: its upgrade() is empty or has a `pass` (`return` is for nothing to do)"
    assert project.migrate() == ["up to date at 0001", told]
    found = project.status()
    assert (found.current, found.target, found.is_current) == ("0001", "0001", True)
    assert [each.file for each in found.waiting] == [file.name]
    file.write_text(file.read_text().replace("pass", adds("author")[0], 1))
    assert project.migrate() == [f"migrated 0001 → {found.head}"]
    assert project.columns() == ["text", "author"]
    assert project.migrate() == [f"up to date at {found.head}"]


@pytest.mark.parametrize("body", ["pass", "...", '"""Nothing yet."""', '"""Soon."""\n    pass'])
def test_what_counts_as_empty(project: Project, body: str) -> None:
    project.write("0002_later", "0001", body)
    project.write("0003_later", "0002", body)
    project.migrate()
    assert project.status().current == "0001"
    project.write("0003_later", "0002", *adds("author"))
    project.migrate()
    assert project.status().current == "0003", "one that others follow holds nothing back"


def test_nothing_to_do_can_be_meant(project: Project) -> None:
    project.write("0002_marker", "0001", "return")
    assert project.migrate() == ["migrated 0001 → 0002"]


def test_what_was_applied_while_empty_stays_applied(project: Project) -> None:
    project.write("0002_later", "0001", "return")
    project.migrate()
    project.write("0002_later", "0001", "pass")
    assert project.migrate()[0] == "up to date at 0002"
    assert project.status().is_current


def test_two_branches_and_their_merge(project: Project) -> None:
    project.write("0002_mine", "0001", *adds("mine"))
    project.write("0003_theirs", "0001", *adds("theirs"))
    with pytest.raises(DevkitError) as caught:
        project.migrate()
    assert "multiple heads: nothing follows 0002_mine.py and 0003_theirs.py" in caught.value.message
    assert "./devkit db revision --merge" in str(caught.value.fix)
    merged = authoring.merge(project.folder, "mine and theirs")
    assert project.migrate() == [f"migrated 0001 → {merged.name[:12]}"], "a merge has nothing to wait for"
    assert sorted(project.columns()) == ["mine", "text", "theirs"]
    with pytest.raises(DevkitError, match="one head"):
        authoring.merge(project.folder, "again")
    for to in (None, "0002", "0003"):
        with pytest.raises(DevkitError) as caught:
            project.roll_back(to=to)
        assert caught.value.fix == "./devkit db rollback --to 0001 takes both back"
    project.roll_back(to="0001")
    assert project.columns() == ["text"]


def test_an_edited_revision_is_noticed_and_applied_again(project: Project) -> None:
    file = project.write("0002_author", "0001", *adds("author"))
    project.write("0003_title", "0002", *adds("title"))
    project.migrate()
    file.write_text("# why\n" + file.read_text().replace('"""0002_author"""', '"""Who."""'))
    assert project.migrate() == ["up to date at 0003"], "a comment changes nothing"
    up, down = adds("writer")
    project.write("0002_author", "0001", up, down)
    told = "0002_author.py was edited after it was applied: ./devkit db redo applies it again"
    assert project.migrate() == ["up to date at 0003", told]
    assert [each.file for each in project.status().edited] == ["0002_author.py"]
    project.ask("insert into notes values ('kept')")
    assert project.redo() == ["migrated 0001 → 0003"], "taken back with the code that it was applied with"
    assert project.columns() == ["text", "writer", "title"]
    assert project.ask("select text from notes") == [("kept",)]
    assert project.migrate() == ["up to date at 0003"]


def test_redo_of_what_was_not_edited_is_the_last_one(project: Project) -> None:
    project.write("0002_author", "0001", *adds("author"))
    project.migrate()
    plan = rollback.plan_redo(project.url, project.folder)
    assert ([each.id for each in plan.undone], plan.to) == (["0002"], "0001")


def test_a_redo_whose_new_code_fails_says_where_it_stands(project: Project) -> None:
    project.write("0002_author", "0001", *adds("author"))
    project.migrate()
    project.write("0002_author", "0001", 'op.execute("creat")')
    with pytest.raises(DevkitError, match=r"0002_author.py:5: .*syntax error at or near \"creat\""):
        project.redo()
    assert project.status().current == "0001"


def test_what_others_have_is_not_offered_again(project: Project) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *who, *words], cwd=project.folder, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "--message=x")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    project.write("0002_author", "0001", *adds("author"))
    project.migrate()
    project.write("0001_notes", None, 'op.execute("create table notes (text text, x int)")')
    project.write("0002_author", "0001", *adds("writer"))
    _, pushed, local = project.migrate()
    assert "0001_notes.py was edited after it was applied: origin/main has it" in pushed
    assert "./devkit db redo applies it again" in local


def test_the_revision_of_another_branch_is_taken_back(project: Project) -> None:
    file = project.write("0002_author", "0001", *adds("author"))
    project.migrate()
    file.unlink()
    project.write("0003_title", "0001", *adds("title"))
    for act in (project.migrate, project.redo):
        with pytest.raises(DevkitError) as caught:
            act()
        assert "is at 0002 (0002_author.py), which this checkout does not have" in caught.value.message
        assert "./devkit db rollback takes it back" in str(caught.value.fix)
    assert str(project.status().unknown) == str(caught.value)
    assert [each.file for each in project.roll_back().undone] == ["0002_author.py"]
    assert project.migrate() == ["migrated 0001 → 0003"]
    assert project.columns() == ["text", "title"]


def test_a_revision_that_something_else_applied_is_not_known(project: Project) -> None:
    project.ask("update alembic_version set version_num = 'ffff'")
    with pytest.raises(DevkitError, match="is at ffff, which migrations does not have"):
        project.roll_back()


def test_steps_back(project: Project) -> None:
    for number in range(2, 6):
        project.write(f"000{number}_c", f"000{number - 1}", *adds(f"c{number}"))
    project.migrate()
    assert project.roll_back().to == "0004"
    assert project.roll_back(2).to == "0002"
    assert project.columns() == ["text", "c2"]
    for steps, to, said in (
        (3, None, "only 2 are applied"),
        (None, "0005", "0005 is not applied"),
        (None, "0002", "at 0002 already"),
    ):
        with pytest.raises(DevkitError, match=said):
            project.roll_back(steps, to)
    assert project.roll_back(to="base").to is None
    assert project.status().current is None
    for act in (project.roll_back, project.redo):
        with pytest.raises(DevkitError, match="no migration is applied"):
            act()
    assert project.migrate() == ["migrated an empty database → 0005"]


def test_what_cannot_be_taken_back(project: Project) -> None:
    up, down = adds("author")
    file = project.write("0002_author", "0001", up)
    project.migrate()
    for text in (file.read_text(), file.read_text().partition("def downgrade")[0]):
        file.write_text(text)
        with pytest.raises(DevkitError, match=r"0002_author.py cannot be taken back: downgrade\(\) is empty"):
            project.roll_back()
    project.write("0002_author", "0001", up, down)
    assert project.migrate()[1].startswith("0002_author.py was edited")
    project.roll_back()
    assert project.columns() == ["text"], "with the downgrade() that was written since"
    project.write("0002_author", "0001", up, "raise NotImplementedError")
    project.migrate()
    with pytest.raises(DevkitError, match="cannot be taken back"):
        project.roll_back()
    assert project.columns() == ["text", "author"]


def test_a_downgrade_that_was_wrong_when_it_was_applied(project: Project) -> None:
    up, down = adds("author")
    project.write("0002_author", "0001", up, 'op.execute("drop author")')
    project.migrate()
    with pytest.raises(DevkitError, match=r"0002_author.py:7: .*syntax error") as caught:
        project.roll_back()
    assert caught.value.fix == "nothing was changed; fix its downgrade() and try again"
    project.write("0002_author", "0001", up, down)
    project.roll_back()
    assert project.columns() == ["text"]


def test_nothing_is_taken_back_that_was_not_shown(project: Project) -> None:
    project.write("0002_author", "0001", *adds("author"))
    project.migrate()
    plan = rollback.plan_rollback(project.url, project.folder)
    project.write("0003_title", "0002", *adds("title"))
    project.migrate()
    with pytest.raises(DevkitError, match="went from 0002 to 0003 meanwhile: nothing was done"):
        rollback.roll_back(project.url, project.folder, plan)
    assert project.columns() == ["text", "author", "title"]


def test_generated_from_the_models(project: Project) -> None:
    assert authoring.new_revision(project.folder, "same", project.url) is None
    project.models('Column("author", Text)')
    file = authoring.new_revision(project.folder, "who", project.url)
    assert file is not None
    assert 'sa.Column("author"' in file.read_text()
    with pytest.raises(DevkitError) as caught:
        authoring.new_revision(project.folder, "too soon", project.url)
    assert caught.value.fix == "./devkit db migrate"
    project.migrate()
    assert project.columns() == ["text", "author"]
    project.models('Column("writer", Text)')
    rename = authoring.new_revision(project.folder, "rename", project.url)
    assert rename is not None
    assert project.migrate()[1].startswith(f"{rename.name} waits: ")
    assert project.columns() == ["text", "author"], "what is dropped waits to be read"
    lines = [line for line in rename.read_text().splitlines() if "pass  #" not in line]
    rename.write_text("\n".join(lines))
    project.migrate()
    assert project.columns() == ["text", "writer"]
    project.models(target="")
    with pytest.raises(DevkitError, match="gives Alembic no models"):
        authoring.new_revision(project.folder, "none", project.url)
    assert len(list((project.folder / "versions").glob("*.py"))) == 3


def test_a_folder_without_a_template_gets_alembics(project: Project) -> None:
    (project.folder / "script.py.mako").unlink()
    file = authoring.new_revision(project.folder, "first")
    assert file is not None
    assert project.status().waiting[0].file == file.name


@pytest.mark.parametrize("message", ["", "  ", "\n", "!?"])
def test_a_message_that_names_nothing(project: Project, message: str) -> None:
    with pytest.raises(DevkitError, match="needs a message"):
        authoring.new_revision(project.folder, message)


@pytest.mark.filterwarnings("ignore:Revision 0000 referenced")
def test_a_folder_that_cannot_be_read(project: Project) -> None:
    bad = project.folder / "versions" / "0002_bad.py"
    for text, said in (
        ("import nowhere", "0002_bad.py:1: No module named 'nowhere'"),
        ("def", "0002_bad.py"),
        ('revision, down_revision = "0001", None', "0001 is present more than once"),
        ('revision, down_revision = "0002", "0000"', "0000"),
    ):
        bad.write_text(text)
        with pytest.raises(DevkitError) as caught:
            project.status()
        assert said in caught.value.message


def test_a_role_that_may_not_make_a_schema(project: Project, postgres_server: Postgres) -> None:
    project.write("0002_author", "0001", *adds("author"))
    name = project.url.rpartition("/")[2]
    project.ask("drop schema devkit cascade")
    project.ask(f'create role "{name}" login')
    project.ask(f'alter table notes owner to "{name}"; alter table alembic_version owner to "{name}"')
    project.url = project.url.replace("forma3d@", f"{name}@")
    assert project.migrate() == ["migrated 0001 → 0002"]
    project.write("0002_author", "0001", *adds("writer"))
    assert project.migrate() == ["up to date at 0002"], "edits are not noticed then, and nothing fails"
    project.write("0002_author", "0001", *adds("author"))
    assert project.roll_back().to == "0001"
