"""Where a subject waits, by its journal and its jobs: which of several places holds it up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from devkit.operations.contract import Entry, Job, Queue
from devkit.operations.why import hops

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUEUES = {name: Queue(name, 1, None, 0, 0, 0, None) for name in ("bakery", "oven")}


def job(state: str, **more: object) -> Job:
    """A job for the oven."""
    made = Job(7, "oven", "bake", "k", "s", state, AT, 3, None, "ConnectError", None, AT, "bakery", "", "")
    return replace(made, **more)  # type: ignore[arg-type]


def entry(thread: str, waits_for: str | None, minute: int = 0, **more: str) -> Entry:
    """A line of the journal by the bakery."""
    made = Entry(
        "s", thread, AT.replace(minute=minute), "bakery", "loaf asked for", "", "", "", waits_for, ""
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "found", "stuck", "todo"),
    [
        ("dead", "dead", True, "./devkit jobs retry 7"),
        ("paused", "paused", True, "./devkit jobs resume oven"),
        ("retrying", "retrying", False, "tried again by itself"),
        ("abandoned", "abandoned", False, "taken over"),
        ("running", "running", False, "logs oven"),
        ("waiting", "waiting", False, "logs oven"),
    ],
)
def test_a_job_is_a_place_to_wait(state: str, found: str, stuck: bool, todo: str) -> None:
    (hop,) = hops([entry("loaf", "oven")], [job(state)], QUEUES)
    assert (hop.hop, hop.state, hop.stuck, hop.job, hop.since) == ("bakery → oven", found, stuck, 7, AT)
    assert todo in hop.todo


def test_nobody_works_on_the_queue() -> None:
    none = QUEUES | {"oven": replace(QUEUES["oven"], workers=0)}
    (hop,) = hops([], [job("waiting")], none, {"oven": "is crashed (exit 1)"})
    assert (hop.state, hop.stuck) == ("no worker", True)
    assert hop.what == "bake (job 7) waits: nobody works on the queue; oven is crashed (exit 1)"


def test_the_newest_line_of_each_thread_counts() -> None:
    lines = [entry("loaf", "Miller"), entry("roll", "person", hint="choose"), entry("loaf", None, 1)]
    (hop,) = hops(lines, [], QUEUES)
    assert (hop.hop, hop.todo) == ("bakery → a person", "choose")


def test_what_stands_still_comes_before_what_moves() -> None:
    lines = [entry("roll", "person"), entry("flour", "Miller")]
    found = hops(lines, [job("running", id=1), job("dead", id=2)], QUEUES)
    assert [hop.state for hop in found] == ["dead", "person", "outside", "running"]


def test_a_job_that_is_not_there_is_told() -> None:
    (hop,) = hops([entry("loaf", "oven")], [], QUEUES)
    assert (hop.hop, hop.state, hop.stuck) == ("bakery → oven", "lost", True)


def test_the_entrance_is_closed() -> None:
    routes = {"baker": ("gate", "shop"), "miller": ("door", "store")}
    (hop,) = hops([entry("flour", "Miller")], [], QUEUES, {"door": "is stopped"}, routes)
    assert (hop.hop, hop.stuck, hop.todo) == ("Miller → door", True, "./devkit restart door")
    assert hop.what == "loaf asked for; door is stopped"
    (behind,) = hops([entry("flour", "Miller")], [], QUEUES, {"store": "is crashed"}, routes)
    assert (behind.hop, behind.todo) == ("door → store", "./devkit restart store")
    (open_,) = hops([entry("flour", "Miller")], [], QUEUES, {"shop": "is stopped"}, routes)
    assert (open_.hop, open_.stuck) == ("Miller → door", False)


@pytest.mark.parametrize("state", ["retrying", "dead"])
def test_the_other_side_is_named_when_it_was_that(state: str) -> None:
    (hop,) = hops([], [job(state, party="Miller")], QUEUES)
    assert hop.hop == "oven → Miller"


def test_what_waits_for_nothing() -> None:
    assert hops([entry("loaf", None)], [], QUEUES) == []
