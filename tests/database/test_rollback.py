"""Migrations taken back and applied again, with the code that each was applied with."""

from __future__ import annotations

import subprocess

import pytest
from devkit.base.errors import DevkitError
from devkit.database import rollback

from tests.support.migrations import Project, adds
from tests.support.storage import Postgres


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
