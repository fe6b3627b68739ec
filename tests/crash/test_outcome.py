"""What differs from a flow that nobody disturbed."""

from __future__ import annotations

from datetime import UTC, datetime

from devkit.crash.outcome import differences, outcome
from devkit.operations.contract import Entry


def entry(what: str, thread: str = "") -> Entry:
    return Entry("order 1", thread, datetime.now(UTC), "shop", what, "", "", "", None, "")


EXPECTED = outcome(
    [entry("received"), entry("printing", "a"), entry("done", "a")], {"prints": 1, "parcels": 1}
)


def test_the_same_is_no_difference() -> None:
    again = outcome(
        [entry("received"), entry("printing", "b"), entry("done", "b")], {"parcels": 1, "prints": 1}
    )
    assert list(differences(EXPECTED, again, {})) == []


def test_more_is_doubled_and_less_is_lost() -> None:
    found = outcome([entry("received"), entry("received"), entry("done", "a")], {"prints": 2})
    assert list(differences(EXPECTED, found, {})) == [
        ("lost", "the journal has 0 × shop: printing, not 1"),
        ("doubled", "the journal has 2 × shop: received, not 1"),
        ("lost", "the flow's ledger has 0 × parcels, not 1"),
        ("doubled", "the flow's ledger has 2 × prints, not 1"),
    ]


def test_what_is_overtaken_may_be_missing_but_not_doubled() -> None:
    skipped = outcome([entry("received"), entry("done", "a")], EXPECTED.ledger)
    assert list(differences(EXPECTED, skipped, {"printing": 0})) == []
    assert list(differences(EXPECTED, skipped, {"printing": 1})) != []
    twice = outcome([entry("received"), *[entry("printing", "a")] * 2, entry("done", "a")], EXPECTED.ledger)
    assert list(differences(EXPECTED, twice, {"printing": 0})) == [
        ("doubled", "the journal has 2 × shop: printing, not 1")
    ]


def test_threads_must_end_as_they_do_undisturbed() -> None:
    found = outcome([entry("received"), entry("done", "a"), entry("printing", "a")], EXPECTED.ledger)
    assert [words for _, words in differences(EXPECTED, found, {})] == [
        "0 threads of the journal end with shop: done, not 1",
        "1 threads of the journal end with shop: printing, not 0",
    ]
