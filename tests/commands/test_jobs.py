"""`devkit jobs` and `devkit why` on a platform with jobs of its own: the views and functions of the table's schema are all
that devkit knows of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.demo import Demo, demo

_SCHEMA = """
create table work (id bigint primary key, queue text, state text, error text, about text);
create table halted (queue text primary key);
create schema plant;
create view plant.jobs as
  select w.id, w.queue, 'bake' as name, null::text as key, w.about as subject,
    case when h.queue is not null and w.state = 'waiting' then 'paused' else w.state end as state,
    now() - interval '3 minutes' as since, 2 as tries, null::timestamptz as next_try, w.error, null::text as party,
    null::timestamptz as failed_at, 'hello' as sender, null::text as cause, '' as trace, '{"to": "Kerkstraat 1"}'::jsonb as payload
  from work w left join halted h using (queue);
create view plant.queues as
  select q.queue, 1::bigint as workers, (select now() from halted h where h.queue = q.queue) as paused_at,
    count(j.id) filter (where j.state = 'waiting') as waiting, 0::bigint as running,
    count(j.id) filter (where j.state = 'dead') as dead, min(j.since) as oldest
  from (values ('hello'), ('other')) q (queue) left join plant.jobs j using (queue) group by q.queue;
create view plant.journal as
  select 's1' as subject, '' as thread, now() as at, 1::bigint as position, 'hello' as service, 'loaf asked for' as what,
    '' as detail, 'call POST /loaves' as cause, '' as trace, 'other' as waits_for, '' as hint;
create view plant.subjects as select 's1' as subject, 'Loaf 1' as title, now() as since, 'loaf-1' as name;
create function plant.retry(job bigint) returns boolean language sql as
  $$ update work set state = 'waiting' where id = job and state <> 'running' returning true $$;
create function plant.drop(job bigint) returns boolean language sql as
  $$ delete from work where id = job and state <> 'running' returning true $$;
create function plant.pause(queue text) returns void language sql as $$ insert into halted values (queue) $$;
create function plant.resume(q text) returns void language sql as $$ delete from halted where queue = q $$;
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("jobs")) as made:
        table = made.root / "dev/services.yaml"
        table.write_text(table.read_text().replace("shared: [libs]", "shared: [libs]\noperations: plant", 1))
        made.up("postgres")
        yield made


@pytest.fixture
def work(platform: Demo) -> Demo:
    """With one job that failed for good and one that waits."""
    with psycopg.connect(platform.database_url(), autocommit=True) as connection:
        connection.execute("drop schema if exists plant cascade; drop table if exists work, halted")
        connection.execute(_SCHEMA)
        connection.execute(
            "insert into work values (1, 'other', 'dead', 'no flour', 's1'), (2, 'other', 'waiting', null, 's2'), (3, 'other', 'running', null, 's3')"
        )
    return platform


def jobs(work: Demo, *arguments: str) -> dict[str, Any]:
    """`jobs list --json`."""
    found: dict[str, Any] = json.loads(work.devkit("jobs", "list", "--json", *arguments, check=False).stdout)
    return found


def test_list_tells_queues_and_what_failed_first(work: Demo) -> None:
    told = work.devkit("jobs", "list", check=False)
    assert told.returncode == 1, "something needs a person"
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["queue", "workers", "waiting", "oldest", "running", "dead"]
    assert lines[2].split() == ["other", "1", "1", "3", "min", "0", "1"]
    assert [line.split()[:2] for line in lines[5:]] == [["1", "dead"], ["2", "waiting"], ["3", "running"]]
    assert "no flour" in lines[5]
    assert "Kerkstraat" not in told.stdout
    assert [job["id"] for job in jobs(work, "--state", "waiting")["jobs"]] == [2]
    assert jobs(work, "hello")["jobs"] == []
    assert jobs(work, "--limit", "1")["more"] is True


def test_show_hides_the_message_until_asked(work: Demo) -> None:
    shown = work.devkit("jobs", "show", "1")
    assert "no flour" in shown.stdout
    assert "Kerkstraat" not in shown.stdout
    assert "./devkit why s1" in shown.stderr
    assert "Kerkstraat" in work.devkit("jobs", "show", "1", "--payload").stdout
    missing = work.devkit("jobs", "show", "99", check=False)
    assert (missing.returncode, "no job 99" in missing.stderr) == (1, True)


def test_retry_one_and_all(work: Demo) -> None:
    assert "1 job tried again" in work.devkit("jobs", "retry", "1").stderr
    assert [job["state"] for job in jobs(work)["jobs"]] == ["waiting", "waiting", "running"]
    assert "0 jobs tried again" in work.devkit("jobs", "retry", "--all").stderr
    neither = work.devkit("jobs", "retry", check=False)
    assert (neither.returncode, "which jobs?" in neither.stderr) == (2, True)
    assert work.devkit("jobs", "retry", "1", "--all", check=False).returncode == 2


def test_drop_asks_and_drops_all_or_none(work: Demo) -> None:
    asked = work.devkit("jobs", "drop", "1", check=False)
    assert (asked.returncode, "nothing was dropped" in asked.stderr) == (2, True)
    runs = work.devkit("jobs", "drop", "1", "3", "--yes", check=False)
    assert (runs.returncode, "job 3 cannot be taken" in runs.stderr) == (1, True)
    assert [job["id"] for job in jobs(work)["jobs"]] == [1, 2, 3], "nothing is half done"
    assert "1 job dropped" in work.devkit("jobs", "drop", "--all", "--queue", "other", "--yes").stderr
    assert [job["id"] for job in jobs(work)["jobs"]] == [2, 3]


def test_pause_and_resume(work: Demo) -> None:
    work.devkit("jobs", "pause", "other")
    assert "paused for" in work.devkit("jobs", "list", check=False).stdout
    assert jobs(work, "--state", "paused")["jobs"][0]["id"] == 2
    work.devkit("jobs", "resume", "other")
    assert jobs(work, "--state", "paused")["jobs"] == []


@pytest.mark.parametrize(
    "arguments", [("list", "nowhere"), ("pause", "nowhere"), ("retry", "--all", "--queue", "nowhere")]
)
def test_an_unknown_queue_is_told_with_those_there_are(work: Demo, arguments: tuple[str, ...]) -> None:
    told = work.devkit("jobs", *arguments, check=False)
    assert (told.returncode, told.stderr) == (2, "devkit: no queue 'nowhere'\n    → queues: hello, other\n")


def test_why_tells_the_story_and_the_hop(work: Demo) -> None:
    told = work.devkit("why", "loaf-1").stdout
    assert "hello: loaf asked for  ← call POST /loaves" in told
    assert "Loaf 1 waits" in told
    assert "hello → other" in told
    assert "bake (job 1) failed for good after 2 tries: no flour" in told
    found = json.loads(work.devkit("why", "loaf-1", "--json").stdout)
    assert [hop["state"] for hop in found["waits"]] == ["dead"]
    unknown = work.devkit("why", "loaf-2", check=False)
    assert (unknown.returncode, "nothing has come of loaf-2" in unknown.stderr) == (1, True)


def test_a_database_without_the_views_is_told(work: Demo) -> None:
    with psycopg.connect(work.database_url(), autocommit=True) as connection:
        connection.execute("drop schema plant cascade")
    for command in (("jobs", "list"), ("why", "1")):
        told = work.devkit(*command, check=False)
        assert told.returncode == 1
        assert "does not have what the table calls operations" in told.stderr
        assert "./devkit db migrate" in told.stderr


def test_a_table_without_operations_says_what_to_add(work: Demo) -> None:
    table = work.root / "dev/services.yaml"
    before = table.read_text()
    table.write_text(before.replace("\noperations: plant", "", 1))
    try:
        told = work.devkit("jobs", "list", check=False)
        assert (told.returncode, "operations: SCHEMA" in told.stderr) == (2, True)
    finally:
        table.write_text(before)
