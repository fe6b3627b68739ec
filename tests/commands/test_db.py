"""`devkit db` on the local engine's database; on a cluster's: tests/cluster/test_database.py."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.demo import Demo, demo, until


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("database")) as made:
        made.up()
        yield made


def status(platform: Demo, code: int = 0) -> dict[str, object]:
    done = platform.devkit("db", "status", "--json", check=False)
    assert done.returncode == code, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_migrate_seed_reset_status(database: Demo) -> None:
    assert "up to date at 0001" in database.devkit("db", "migrate").stderr
    assert "seeded 01_notes.sql" in database.devkit("db", "seed").stderr
    database.devkit("db", "seed")
    assert "notes  1" in database.devkit("db", "status").stdout
    asked = database.devkit("db", "reset", check=False)
    assert (asked.returncode, "nothing was deleted" in asked.stderr) == (2, True), "it must ask"
    database.devkit("db", "reset", "--yes")
    assert "notes  0" in database.devkit("db", "status").stdout


def test_status_for_programs(database: Demo) -> None:
    assert status(database) == {
        "version": 1, "engine": "local", "address": f"127.0.0.1:{database.ports['postgres']}/demo",
        "current": "0001", "head": "0001", "rows": {"notes": 0}, "waiting": [], "edited": [],
    }  # fmt: skip


def test_migrations_that_are_missing_are_exit_1(database: Demo) -> None:
    with psycopg.connect(database.database_url(), autocommit=True) as connection:
        connection.execute("delete from alembic_version")
        try:
            assert (status(database, 1)["current"], status(database, 1)["head"]) == (None, "0001")
            said = database.devkit("db", "status", check=False).stdout
            assert "is at nothing; newest is 0001: ./devkit db migrate" in said
        finally:
            connection.execute("insert into alembic_version values ('0001')")


def test_a_migration_from_nothing_to_its_second_form(database: Demo) -> None:
    """While the platform runs: it waits while it is empty, is applied when it is written, and once more after `redo`."""
    made = database.devkit("db", "revision", "notes have an author")
    assert made.stderr == "devkit: it waits until its upgrade() is written\n"
    file = database.root / made.stdout.strip()
    name = file.name.partition("_")[0]
    told = f"{file.name} waits: "
    until(lambda: told in database.devkit("logs", "db-migrate").stdout, what="the word of it in the log")
    assert status(database)["waiting"] == [file.name]
    empty = file.read_text()
    column = 'op.execute("alter table notes {}")'
    up, down = empty.partition("def downgrade")[0], "def downgrade" + empty.partition("def downgrade")[2]
    file.write_text(
        up.replace("pass", column.format("add author text"))
        + down.replace("pass", column.format("drop author"))
    )
    until(lambda: status(database)["current"] == name, what="the column")
    file.write_text(file.read_text().replace("author", "writer"))
    assert status(database)["edited"] == [file.name]
    asked = database.devkit("db", "redo", check=False)
    assert (asked.returncode, "nothing was changed" in asked.stderr) == (2, True), "it must ask"
    done = database.devkit("db", "redo", "--yes").stderr
    assert f"{file.name} in the database of engine local" in done
    # The platform applies it too, and may be the first.
    assert f"migrated 0001 → {name}" in done or f"up to date at {name}" in done
    with psycopg.connect(database.database_url()) as connection:
        connection.execute("select writer from notes")
    database.devkit("db", "rollback", "--yes")
    file.unlink()
    assert status(database)["current"] == "0001"


def test_the_platforms_own_step_follows_at_once(database: Demo) -> None:
    """After `git switch`: the platform's step waits the longer the oftener it has failed, a rollback makes it try again."""
    made = database.root / database.devkit("db", "revision", "another branch's").stdout.strip()
    written = made.read_text()
    made.write_text(written.replace("pass", 'op.execute("select 1")'))
    until(lambda: status(database)["current"] != "0001", what="the migration")
    made.unlink()
    database.devkit("restart", "db-migrate", check=False)
    until(lambda: database.statuses()["db-migrate"]["state"] == "crashed", what="the unknown revision")
    database.devkit("db", "rollback", "--yes")
    until(lambda: database.statuses()["db-migrate"]["state"] == "done", what="the step's next try")
    assert database.devkit("db", "status").returncode == 0


def test_nothing_runs(stopped: Demo) -> None:
    for words in (
        ("status", "--json"),
        ("migrate", "--deadline", "0"),
        ("seed",),
        ("reset", "--yes"),
        ("rollback", "--yes"),
        ("redo", "--yes"),
        ("revision", "-a", "x"),
    ):
        done = stopped.devkit("db", *words, "--engine", "local", check=False)
        told = "nothing runs in this clone" in done.stderr
        assert (done.returncode, done.stdout, told) == (5, "", True), done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("migrate", "--in-cluster", "--engine", "local"),
            "--in-cluster and --engine local exclude each other",
        ),
        (("migrate", "--deadline", "-1"), "should be greater than or equal to 0"),
        (("status", "--engine", "docker"), "engines: local, tilt"),
        (("migrat",), "No such command 'migrat'"),
        (("rollback", "0"), "greater than or equal to 1"),
        (("rollback", "1", "--to", "base"), "STEPS and --to exclude each other"),
        (("revision", "--merge", "-a", "x"), "--merge and --autogenerate exclude each other"),
        (("revision", ""), "a revision needs a message"),
        ((), "Usage: devkit db"),
    ],
)
def test_wrong_words(stopped: Demo, words: tuple[str, ...], said: str) -> None:
    done = stopped.devkit("db", *words, check=False)
    assert (done.returncode, said in done.stderr + done.stdout) == (2, True), done.stderr
