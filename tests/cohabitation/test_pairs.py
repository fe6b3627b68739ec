"""Pairs of codes with the migrations between them, on a small platform: each that cannot live together is found, with the
migration and the code; none that can is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cohabitation.scene import cohabit, commit, migration, notebook, rewrite
from tests.support.minutes import a_few_in_ci

_STATES = ["before", "migrating", "together", "after", "back"]
_PLACE = '    op.add_column("notes", sa.Column("place", sa.Text()))\n'
_SAYS_PLACE = {"(text, mood) values (%s, 'calm')": "(text, mood, place) values (%s, 'calm', 'here')"}


def results(report: dict[str, Any]) -> list[str]:
    """What came of each state, in their order."""
    found = {check["id"]: check["result"] for check in report["checks"]}
    return [found[f"cohabit.{state}"] for state in _STATES]


def told(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """State, file and message of each finding."""
    return [
        (f["id"].removeprefix("cohabit."), (f["place"] or {}).get("file", ""), f["message"])
        for f in report["findings"]
    ]


def test_a_renamed_column(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    old = notebook(root)[:8]
    file = migration(
        root, "0002_body", "0001", '    op.alter_column("notes", "text", new_column_name="body")'
    )
    rewrite(root, {"id, text, mood": "id, body, mood", "(text, mood)": "(body, mood)"})
    report = cohabit(root, code=1)
    assert results(report) == ["ok", "failed", "skipped", "ok", "skipped"]
    assert {(state, place) for state, place, _ in told(report)} == {("migrating", file)}
    said = [message for _, _, message in told(report)]
    lasting = next(
        message for message in said if message.startswith(f"desk of {old} on the schema of 0002_body.py: ")
    )
    assert 'column "text" of relation "notes" does not exist (insert into notes (text, mood)' in lasting
    assert "flow note fails: the note is not taken" in lasting


def test_what_is_only_added(tmp_path: Path) -> None:
    """A nullable column that the new code writes, an index that locks nobody out, a table: nothing that old code minds."""
    root = tmp_path / "notebook"
    notebook(root)
    migration(root, "0002_place", "0001", _PLACE)
    migration(
        root, "0003_index", "0002",
        "    with op.get_context().autocommit_block():\n"
        '        op.create_index("ix_notes_place", "notes", ["place"], postgresql_concurrently=True)\n',
    )  # fmt: skip
    migration(
        root, "0004_authors", "0003",
        '    op.create_table("authors", sa.Column("name", sa.Text(), primary_key=True))\n',
    )  # fmt: skip
    rewrite(root, _SAYS_PLACE)
    report = cohabit(root, code=0)
    assert results(report) == ["ok"] * 5
    details = {check["id"]: check["detail"] for check in report["checks"]}
    assert details["cohabit.migrating"] == "0002_place.py, 0003_index.py, 0004_authors.py"
    assert details["cohabit.together"].startswith("note, 3 times each; requests to either: desk ")
    _, _, shares = details["cohabit.together"].rpartition(" ")
    assert all(int(share) >= 3 for share in shares.split("+")), shares


# By name: the migration, the changes of the new code, the states' results, and parts of what is said in the state that fails.
_BAD: dict[str, tuple[str, dict[str, str], list[str], tuple[str, ...]]] = {
    "a dropped column": (
        '    op.drop_column("notes", "mood")',
        {"id, text, mood": "id, text, 'calm'", "(text, mood) values (%s, 'calm')": "(text) values (%s)"},
        ["ok", "failed", "skipped", "ok", "skipped"],
        ("desk of OLD on the schema of 0002_it.py: ", 'column "mood"'),
    ),
    "a column that inserts must name": (
        '    op.add_column("notes", sa.Column("place", sa.Text(), nullable=False, server_default="x"))\n'
        '    op.alter_column("notes", "place", server_default=None)',
        _SAYS_PLACE,
        ["ok", "failed", "skipped", "ok", "skipped"],
        ("desk of OLD on the schema of 0002_it.py: ", 'null value in column "place" of relation "notes"'),
    ),
    "a CHECK that refuses what the old code writes": (
        "    op.create_check_constraint(\"ck_mood\", \"notes\", \"mood <> 'calm' or lines is not null\", postgresql_not_valid=True)",
        {"'calm')": "'busy')"},
        ["ok", "failed", "skipped", "ok", "skipped"],
        ("desk of OLD on the schema of 0002_it.py: ", 'violates check constraint "ck_mood"'),
    ),
    "a unique index over what is the same in the old code": (
        '    op.add_column("notes", sa.Column("place", sa.Text(), server_default="here"))\n'
        "    op.execute(\"update notes set place = id::text\")\n"
        '    op.create_unique_constraint("uq_place", "notes", ["place"])',
        {"(text, mood) values (%s, 'calm')": "(text, mood, place) values (%s, 'calm', gen_random_uuid())"},
        ["ok", "failed", "skipped", "ok", "skipped"],
        ("desk of OLD on the schema of 0002_it.py: ", 'violates unique constraint "uq_place"'),
    ),
    "an enum without a value": (
        "    op.execute(\"update notes set mood = 'busy'\")\n"
        '    op.execute("alter type mood rename to old_mood")\n'
        "    op.execute(\"create type mood as enum ('busy')\")\n"
        '    op.execute("alter table notes alter mood type mood using mood::text::mood")',
        {"'calm')": "'busy')"},
        ["ok", "failed", "skipped", "ok", "skipped"],
        ("desk of OLD on the schema of 0002_it.py: ", "invalid input value for enum mood"),
    ),
    "an enum's value that the old code does not know": (
        '    with op.get_context().autocommit_block():\n        op.execute("alter type mood add value \'odd\'")',
        {"'calm')": "'odd')", "{'calm': 1, 'busy': 2}": "{'calm': 1, 'busy': 2, 'odd': 3}"},
        ["ok", "ok", "failed", "ok", "skipped"],
        ("flow note with OLD and this clone with both codes running: ", "500", "KeyError: 'odd'"),
    ),
    "a column that is away for a while": (
        "    with op.get_context().autocommit_block():\n"
        '        op.execute("alter table notes rename mood to away")\n'
        '        op.execute("select pg_sleep(2)")\n'
        '        op.execute("alter table notes rename away to mood")',
        {},
        ["ok", "failed", "ok", "ok", "ok"],
        ("desk of OLD as 0002_it.py is applied: ", 'column "mood"'),
    ),
    "a migration that fails on what is there": (
        "    op.execute(\"alter table notes add constraint ck_none check (mood <> 'calm')\")",
        {},
        ["ok", "failed", "skipped", "skipped", "skipped"],
        ("0002_it.py is not applied: ", 'check constraint "ck_none" of relation "notes" is violated by some row'),
    ),
    "new code that asks for more than the migration gives": (
        _PLACE,
        {"(text, mood) values (%s, 'calm')": "(text, mood, room) values (%s, 'calm', 'here')"},
        ["ok", "ok", "failed", "failed", "skipped"],
        ("desk of this clone with both codes running: ", 'column "room" of relation "notes" does not exist'),
    ),
}  # fmt: skip
_KNOWS = {
    "return [row[1] for row in ask(READ)]": "return [row[1] for row in ask(READ) if {'calm': 1, 'busy': 2}[row[2]]]"
}


@pytest.mark.faults
@pytest.mark.parametrize("name", a_few_in_ci(_BAD, 2))
def test_one_that_cannot_live_together(name: str, tmp_path: Path) -> None:
    body, changes, expected, parts = _BAD[name]
    root = tmp_path / "notebook"
    old = notebook(root, _KNOWS)[:8]
    file = migration(root, "0002_it", "0001", body)
    rewrite(root, changes)
    report = cohabit(root, code=1)
    assert results(report) == expected, told(report)
    failed = _STATES[expected.index("failed")]
    assert any(
        state == failed and all(part.replace("OLD", old) in message for part in parts)
        for state, _, message in told(report)
    ), told(report)
    if failed == "migrating":
        assert {place for state, place, _ in told(report) if state == failed} == {file}


_GOOD: dict[str, tuple[str, dict[str, str]]] = {
    "a column with a default that the new code reads": (
        '    op.add_column("notes", sa.Column("place", sa.Text(), nullable=False, server_default="here"))',
        {"select id, text, mood": "select place, text, mood"},
    ),
    "a column that the new code writes, and reads the old one in its place": (
        '    op.add_column("notes", sa.Column("body", sa.Text()))',
        {
            "select id, text, mood": "select id, coalesce(body, text), mood",
            "(text, mood) values (%s, 'calm')": "(text, mood, body) select given, 'calm', given from (select %s) as one (given)",
        },
    ),
    "a CHECK that all code keeps": (
        '    op.create_check_constraint("ck_text", "notes", "text <> \'\'", postgresql_not_valid=True)',
        {},
    ),
    "a renamed table, and a view that is called as it was": (
        '    op.rename_table("notes", "papers")\n    op.execute("create view notes as select * from papers")',
        {"from notes": "from papers", "into notes": "into papers"},
    ),
    "an enum's value that all code reads, and none writes yet": (
        '    with op.get_context().autocommit_block():\n        op.execute("alter type mood add value \'odd\'")',
        {},
    ),
}  # fmt: skip


@pytest.mark.faults
@pytest.mark.parametrize("name", a_few_in_ci(_GOOD, 2))
def test_one_that_lives_together(name: str, tmp_path: Path) -> None:
    body, changes = _GOOD[name]
    root = tmp_path / "notebook"
    notebook(root)
    migration(root, "0002_it", "0001", body)
    rewrite(root, changes)
    report = cohabit(root, code=0)
    assert results(report) == ["ok"] * 5, told(report)


_JOBS = {
    'ask(WRITE, note["text"])': 'ask("insert into jobs (work) values (%s)", json.dumps({"text": note["text"]}))',
    "import os\n": "import json\nimport os\nimport threading\nimport time\nimport traceback\n",
    '@app.get("/notes")': '''\
def work() -> None:
    """Jobs are anybody's: a process takes the oldest."""
    while True:
        taken = ask(
            "delete from jobs where id = (select id from jobs order by id for update skip locked limit 1) returning work"
        )
        try:
            if taken:
                ask(WRITE, taken[0][0]["text"])
        except KeyError:
            traceback.print_exc()
        time.sleep(0.02)


threading.Thread(target=work, daemon=True).start()


@app.get("/notes")''',
}  # fmt: skip


@pytest.mark.faults
def test_a_job_that_the_other_code_does_not_understand(tmp_path: Path) -> None:
    """Nothing is wrong with the schema, and no migration is new."""
    root = tmp_path / "notebook"
    notebook(root, _JOBS)
    migration(
        root, "0002_jobs", "0001",
        '    op.execute("create table jobs (id bigint generated always as identity primary key, work json not null)")',
    )  # fmt: skip
    rewrite(
        root,
        {
            "        for _ in range(3):\n": "        platform.wait('kept', lambda: text in page.get('/notes').json(), 4)\n        for _ in range(3):\n"
        },
        "dev/verify/note.py",
    )
    old = commit(root, "Jobs")[:8]
    rewrite(
        root,
        {
            '{"text": note["text"]}': '{"words": note["text"]}',
            '[0]["text"]': '[0]["words"]',
        },
    )
    report = cohabit(root, "--rounds", "12", code=1)  # either may take a job
    assert results(report) == ["ok", "skipped", "failed", "ok", "skipped"], told(report)
    ((state, _, message),) = [each for each in told(report) if each[0] == "together"]
    assert state == "together"
    assert message.startswith(f"flow note with {old} and this clone "), message
    assert ": not within " in message
    assert "KeyError: 'words'" in message or "KeyError: 'text'" in message
