"""`devkit db check`: which migrations are new, comments that allow something, one that fails, what it does without squawk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.checks.runner import run_checks
from devkit.database.check.checks import CHECKS, add_measured, examine
from devkit.database.check.measuring.measure import measure
from devkit.database.check.model import RULES
from devkit.database.check.scratch import ScratchServer, scratch_server
from devkit.database.check.since import Selection, select_new
from devkit.database.check.statements import bare, is_concurrent, part_about, runs_alone, split
from devkit.database.history import History
from devkit.table.load import read_table

from tests.database.test_check_known import write
from tests.support.demo import Demo, write_demo
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks
from tests.support.storage import is_free

BASE = 'op.execute("create table notes (id bigint primary key, text text, words int)")'
DROP = 'op.drop_column("notes", "text")'


def problems(server: ScratchServer, folder: Path, selection: Selection | None = None) -> list[str]:
    """What is found, as `rule:line message`; in all but the first migration by default."""
    history = History(folder)
    line = history.line(history.head)
    examined = examine(server, folder, history, selection or Selection(line[1:], True, ""))
    return [
        f"{outcome.check.id.removeprefix('db.')}:{problem.place.line} {problem.message}"
        for outcome in run_checks(examined, CHECKS, command="db check")
        for problem in outcome.problems
        if problem.place
    ]


def test_a_finding_says_what_hurts_and_how_it_is_done_instead(server: ScratchServer, tmp_path: Path) -> None:
    history = History(write(tmp_path / "migrations", BASE, DROP))
    found = examine(server, tmp_path, history, Selection(history.line(history.head)[1:], True, ""))
    (violation,) = found.violations
    assert str(violation.place) == "migrations/versions/0002.py:8:1"
    assert violation.message == (
        "`ALTER TABLE notes DROP COLUMN text` drops notes.text: running code that selects or writes it fails"
    )
    assert violation.fix.startswith("first deploy code that no longer uses it; drop it in a later release")


def test_each_statement_of_one_text_is_told_by_itself(server: ScratchServer, tmp_path: Path) -> None:
    text = 'op.execute("select 1; alter table notes drop text; create index ix on notes (words)")'
    found = problems(server, write(tmp_path / "migrations", BASE, text))
    assert [each.partition("` ")[0] for each in found] == [
        "drop-column:8 `alter table notes drop text",
        "create-index:8 `create index ix on notes (words)",
    ]


def test_alone_each_is_checked_against_the_one_before(server: ScratchServer, tmp_path: Path) -> None:
    """A table of the same release is empty; of a release before it is not."""
    folder = write(
        tmp_path / "migrations", BASE, 'op.create_table("a", sa.Column("b", sa.Text()))', 'op.drop_table("a")'
    )
    assert problems(server, folder) == []
    line = History(folder).line("0003")
    (found,) = problems(server, folder, Selection(line, False, ""))
    assert found.startswith("drop-table:8 ")


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# db: allow drop-column: nothing reads it", []),
        ("# db: allow drop-column", ["allow:8 this comment gives no reason", "drop-column:9 "]),
        (
            "# db: allow drop-colum: nothing reads it",
            ["allow:8 there is no rule `drop-colum`", "drop-column:9 "],
        ),
        (
            "# db: allow drop-table: nothing reads it",
            ["allow:8 nothing here violates `drop-table`", "drop-column:9 "],
        ),
        ("# db: allow drop-column, held: of a table that --measure alone knows", []),
        ("# config: allow drop-column: another concern's", ["drop-column:9 "]),
    ],
)
def test_comments(server: ScratchServer, tmp_path: Path, comment: str, found: list[str]) -> None:
    told = sorted(problems(server, write(tmp_path / "migrations", BASE, f"{comment}\n{DROP}")))
    assert len(told) == len(found)
    assert all(each.startswith(start) for each, start in zip(told, found, strict=True)), told


def test_a_comment_that_counts_after_the_release_is_not_needless_before(
    server: ScratchServer, tmp_path: Path
) -> None:
    drop = '# db: allow drop-table: it was never used\nop.drop_table("a")'
    folder = write(tmp_path / "migrations", BASE, 'op.create_table("a", sa.Column("b", sa.Text()))', drop)
    assert problems(server, folder) == []
    assert problems(server, folder, Selection(History(folder).line("0003"), False, "")) == []


def test_one_that_fails_is_found_where_it_does(server: ScratchServer, tmp_path: Path) -> None:
    """With what came before it, and nothing of what would come after it."""
    fails = f'{DROP}\nop.execute("select 1")\nop.execute("select nothing")'
    found = problems(server, write(tmp_path / "migrations", BASE, fails, 'op.drop_table("notes")'))
    assert found[0] == 'fails:10 it fails: column "nothing" does not exist'
    assert [each.partition(" ")[0] for each in found] == ["fails:10", "drop-column:8"]
    index = 'op.create_index("ix", "notes", ["words"], postgresql_concurrently=True)'
    (told,) = problems(server, write(tmp_path / "concurrently", BASE, index))
    assert told == "fails:8 it fails: CREATE INDEX CONCURRENTLY cannot run inside a transaction block"


def test_one_that_is_not_checked_and_fails_ends_it(server: ScratchServer, tmp_path: Path) -> None:
    folder = write(tmp_path / "migrations", 'op.execute("select nothing")', DROP)
    with pytest.raises(
        DevkitError, match=r'0001\.py, which is not checked, fails on an empty database: column "nothing"'
    ):
        problems(server, folder)


def test_without_squawk_the_other_rules_are_checked(
    server: ScratchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(
        tmp_path / "migrations",
        BASE,
        f'{DROP}\n# db: allow ban-revoke: it cannot know\nop.execute("select 1")',
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    history = History(folder)
    examined = examine(server, folder, history, Selection(history.line("0002")[1:], True, ""))
    outcomes = {each.check.id: each for each in run_checks(examined, CHECKS, command="db check")}
    assert "squawk is not installed" in (outcomes["db.squawk"].skipped or "")
    assert [each for each, outcome in outcomes.items() if outcome.problems] == ["db.drop-column"]


def test_an_env_that_limits_nothing_is_told_once_a_migration(server: ScratchServer, tmp_path: Path) -> None:
    adds = (
        'op.add_column("notes", sa.Column("a", sa.Text()))\nop.add_column("notes", sa.Column("b", sa.Text()))'
    )
    folder = write(tmp_path / "migrations", BASE, adds)
    env = folder / "env.py"
    env.write_text(env.read_text().replace("""connection.execute(text("SET lock_timeout = '5s'"))""", "pass"))
    (found,) = problems(server, folder)
    assert found.startswith(
        "lock-timeout:8 `ALTER TABLE notes ADD COLUMN a TEXT` asks for ACCESS EXCLUSIVE on notes"
    )


def test_the_own_migrations_have_a_reason_for_whatever_hurts(server: ScratchServer) -> None:
    folder = ROOT / str(read_table(ROOT / "dev/services.yaml").services["postgres"].migrations)
    line = History(folder).line(History(folder).head)
    assert problems(server, folder, Selection(line, False, "")) == []


def test_nothing_is_left_of_a_scratch_server() -> None:
    left: list[ScratchServer] = []

    def fails() -> None:
        with scratch_server() as running:
            left.append(running)
            assert running.log.exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    (server,) = left
    assert server.password not in repr(server)
    assert not server.log.parent.exists()
    assert is_free(server.port)


def test_a_server_that_does_not_start_says_why() -> None:
    why = 'the scratch Postgres did not start: FATAL:  parameter "fsync" requires a Boolean value'
    with pytest.raises(DevkitError, match=why), scratch_server({"fsync": "maybe"}):
        pass


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nor_of_one_whose_command_was_killed(how: signal.Signals) -> None:
    code = "import sys; from devkit.database.check.scratch import scratch_server\n"
    code += "with scratch_server() as s: print(s.log.parent, s.port, flush=True); sys.stdin.read()"
    command = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
    )  # fmt: skip
    assert command.stdout
    folder, port = command.stdout.readline().split()
    command.send_signal(how)
    command.communicate(timeout=PATIENCE)
    assert any(not Path(folder).exists() for _ in looks()), "the folder is left"
    assert is_free(int(port))


def git(folder: Path, *words: str) -> None:
    identity = {
        f"GIT_{who}_{what}": "a@b.be" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment = {**os.environ, **identity, **nobody}
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """main has two migrations, and a branch one more."""
    write(tmp_path / "db" / "migrations", BASE, DROP)
    git(tmp_path, "init", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "1")
    git(tmp_path, "switch", "-c", "branch")
    third = tmp_path / "db/migrations/versions/0003.py"
    third.write_text(
        (third.parent / "0002.py").read_text().replace("0002", "0003").replace("'0001'", "'0002'")
    )
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "2")
    return tmp_path


def selected(root: Path, since: str | None = None, all_: bool = False) -> tuple[list[str], bool, str]:
    history = History(root / "db" / "migrations")
    found = select_new(root, history, history.line(history.head), since, all_)
    return [each.id for each in found.revisions], found.together, found.about


def test_new_is_what_the_main_branch_does_not_have(repository: Path) -> None:
    names, together, about = selected(repository)
    assert (names, together) == (["0003"], True)
    assert about.startswith("1 of 3 migrations: new since main (")
    (repository / "db/migrations/versions/0004.py").write_text(
        (repository / "db/migrations/versions/0003.py")
        .read_text()
        .replace("'0003'", "'0004'")
        .replace("'0002'", "'0003'")
    )
    assert selected(repository)[0] == ["0003", "0004"], "one that git does not know yet is new too"
    assert selected(repository, "HEAD")[0] == ["0004"]
    assert selected(repository, all_=True)[:2] == (["0001", "0002", "0003", "0004"], False)


def test_one_with_other_code_is_new_and_one_with_another_comment_is_not(repository: Path) -> None:
    file = repository / "db/migrations/versions/0001.py"
    file.write_text(f"# a comment\n{file.read_text()}")
    assert selected(repository)[0] == ["0003"]
    file.write_text(file.read_text().replace("words int", "words bigint"))
    assert selected(repository)[0] == ["0001", "0003"]


def test_what_main_has_gained_meanwhile_does_not_count(repository: Path) -> None:
    git(repository, "switch", "main")
    (repository / "README").write_text("more")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "3")
    git(repository, "switch", "branch")
    assert selected(repository)[0] == ["0003"]


def test_what_is_dropped_is_looked_for_in_the_code_that_runs(server: ScratchServer, repository: Path) -> None:
    """As main has it; in migrations and in texts for people it may be named."""
    git(repository, "switch", "main")
    (repository / "text.md").write_text("words")
    (repository / "app.py").write_text("import os\nreads = 'words of notes'\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "3")
    git(repository, "switch", "-c", "contract")
    (repository / "app.py").unlink()
    file = repository / "db/migrations/versions/0003.py"
    body = (file.parent / "0002.py").read_text().replace("0002", "0003").replace("'0001'", "'0002'")
    file.write_text(body.replace('"text")', '"words")\n    op.execute("create table a (b int)")'))
    history = History(repository / "db" / "migrations")
    selection = select_new(repository, history, history.line("0003"), None, False)
    (found,) = examine(server, repository, history, selection).violations
    assert found.message.endswith(f"; app.py:2 at {selection.ref[:8]} names `words`")
    git(repository, "rm", "-q", "app.py")
    git(repository, "commit", "-m", "expanded")
    (found,) = examine(server, repository, history, replace(selection, ref="HEAD")).violations
    assert found.message.endswith("; nothing at HEAD names `words` any more")


def test_without_a_main_branch_all_are_checked_and_that_is_told(repository: Path) -> None:
    git(repository, "branch", "-m", "main", "trunk")
    assert selected(repository) == (
        ["0001", "0002", "0003"],
        False,
        "all 3 migrations (git knows no main branch here)",
    )
    assert selected(repository, "trunk")[0] == ["0003"]


def test_a_ref_that_there_is_not(repository: Path) -> None:
    with pytest.raises(DevkitError, match="git knows no v1") as refused:
        selected(repository, "v1")
    assert refused.value.exit_code == ExitCode.USAGE


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A platform that does not run."""
    root = tmp_path_factory.mktemp("check")
    demo = Demo(root, write_demo(root))
    versions = root / "migrations/versions"
    text = (versions / "0001_notes.py").read_text()
    changed = text.replace('"0001", None', '"0002", "0001"').replace(
        "create table notes (id serial primary key, text text not null unique)",
        "alter table notes rename text to words",
    )
    (versions / "0002_words.py").write_text(changed)
    return demo


def test_the_command(small: Demo) -> None:
    """Exit 1 with its findings; nothing of the platform has to run."""
    done = small.devkit("db", "check", "--json", "--skip", "db.squawk", check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "devkit: all 2 migrations (git knows no main branch here); on Postgres " in done.stderr
    found = [
        (each["id"], each["place"]["file"], each["place"]["line"])
        for each in json.loads(done.stdout)["findings"]
    ]
    file = "migrations/versions/0002_words.py"
    assert found == [("db.lock-timeout", file, 7), ("db.rename-column", file, 7)]


def test_the_command_refuses(small: Demo) -> None:
    done = small.devkit("db", "check", "--only", "db.drop-colum", check=False)
    assert (done.returncode, "did you mean 'db.drop-column'" in done.stderr) == (2, True)
    done = small.devkit("db", "check", "--since", "v1", check=False)
    assert (done.returncode, "git knows no v1" in done.stderr) == (2, True)
    done = small.devkit("db", "check", "--since", "v1", "--all", check=False)
    assert (done.returncode, "--all and --since exclude each other" in done.stderr) == (2, True)
    assert small.devkit("db", "check", "--list").stdout.count("\n") == len(CHECKS) + 1


def test_each_rule_is_in_the_documentation() -> None:
    text = (ROOT / "docs/migrations.md").read_text()
    assert [rule for rule in RULES if f"`db.{rule}`" not in text] == []


def test_a_comment_about_a_measured_lock_is_never_needless(server: ScratchServer, tmp_path: Path) -> None:
    """Another machine may be slower."""
    adds = 'op.add_column("notes", sa.Column("a", sa.Text()))  # db: allow held: a maintenance window'
    history = History(write(tmp_path / "migrations", BASE, adds))
    found = examine(server, tmp_path, history, Selection(history.line("0002")[1:], True, ""))
    add_measured(found, measure(server, history, found.migrated, 10), 600)
    outcomes = {each.check.id: each for each in run_checks(found, CHECKS, command="db check")}
    assert outcomes["db.allow"].problems == ()
    assert outcomes["db.held"].skipped is None


def test_statements() -> None:
    text = "select ';', \"a;b\", $$ ; $$, $x$ ; $$ ; $x$ -- ; \n; /* ; */ update a set b = 'it''s;';;"
    assert split(text) == ["select ';', \"a;b\", $$ ; $$, $x$ ; $$ ; $x$", "update a set b = 'it''s;'"]
    assert bare("SELECT 'X' FROM \"Y\" -- z") == 'select   from "Y"  '.replace('"Y"', '"y"')
    assert is_concurrent("create index Concurrently a on b (c)")
    assert not is_concurrent("create index a on b (c) -- concurrently")
    assert runs_alone("alter table a add b int; drop table c")
    assert not any(
        map(
            runs_alone, ("select 1", "create database a", "reindex (verbose) database a", "vacuum full a", "")
        )
    )
    assert part_about("drop table a; drop table ab; drop table b", "b") == "drop table b"
    assert part_about("drop table a", "b") == "drop table a"
