"""Migrations as people make them: added, left empty, generated, merged, and what cannot be read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from devkit.base.errors import DevkitError
from devkit.database import authoring

from tests.support.migrations import Project, adds
from tests.support.platform import ROOT


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
