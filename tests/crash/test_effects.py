"""Names of points, and what an SQL statement writes."""

from __future__ import annotations

import pytest
from devkit.crash.effects import Effect, Point, plain
from devkit.crash.statements import called, ends_transaction, written
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drawn import drawn

WORDS = st.text("abc ./*#-", min_size=1).map(str.strip).filter(bool)


@drawn(50)
@given(WORDS, st.integers(1, 99), st.sampled_from(["before", "after"]))
def test_a_point_is_read_as_it_is_written(what: str, nth: int, side: str) -> None:
    point = Point(Effect("print-service", "call", what), nth, side)  # type: ignore[arg-type]
    assert str(Point.parse(str(point))) == str(point)


@pytest.mark.parametrize(
    "text", ["", "shop", "shop commit", "shop commit insert notes", "shop buys insert notes before"]
)
def test_what_is_no_point(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no point: SERVICE commit\|redis\|call\|answer WHAT"):
        Point.parse(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("/orders/45bfac67-7d41-41f1-85e8-85a2aa629977/lines/7", "/orders/*/lines/*"),
        ("session:Zk3v9QwLxT2mN8rB4c", "session:*"),
        ("/api/v2/parcels/1795790898", "/api/v2/parcels/*"),
        ("/internal/webhooks/shopify", "/internal/webhooks/shopify"),
    ],
)
def test_what_varies_is_left_out(text: str, same: str) -> None:
    assert plain(text) == same


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ("INSERT INTO orders.orders (id) VALUES ($1)", "insert orders.orders"),
        ('insert into "Order" as o (id) select 1 on conflict (id) do update set id = 2', "insert Order"),
        ("WITH a AS (DELETE FROM jobs WHERE id = 1 RETURNING id) INSERT INTO past SELECT * FROM a", "delete jobs, insert past"),
        ("UPDATE ONLY notes SET x = 1", "update notes"),
        ("SELECT 1 FROM notes FOR UPDATE SKIP LOCKED", ""),
        ("SELECT 1 FROM notes FOR NO KEY UPDATE OF notes", ""),
        ("SELECT 1 /* insert into notes */ -- delete from notes", ""),
        ("MERGE INTO stock USING sold ON true WHEN MATCHED THEN UPDATE SET n = 1", "merge stock"),
        ("COMMIT", ""),
    ],
)  # fmt: skip
def test_what_a_statement_writes(statement: str, writes: str) -> None:
    assert written(statement) == writes


def test_functions_and_ends() -> None:
    known = {"fetch": "fetch", "public.fetch": "fetch"}
    assert called('SELECT * FROM "public"."fetch"($1), count(*)', known) == "call fetch"
    assert called("SELECT count(fetched) FROM a", known) == ""
    assert ends_transaction([" commit"])
    assert not ends_transaction(["SELECT 'commit'"])
