"""The steps of the layout, each alone."""

from __future__ import annotations

import itertools

import pytest
from devkit.render.graph.align import aligned
from devkit.render.graph.bundles import Net, bundled, is_lane
from devkit.render.graph.layers import columns_of
from devkit.render.graph.measure import broken, text_width
from devkit.render.graph.model import Edge, Relation
from devkit.render.graph.order import crossings, ordered
from devkit.render.graph.tracks import Strand, clashes, tracked
from hypothesis import given
from hypothesis import strategies as st


def calls(*pairs: str) -> list[Edge]:
    """`ab`: a calls b."""
    return [Edge(pair[0], pair[1], Relation.CALLS) for pair in pairs]


@pytest.mark.parametrize(
    ("edges", "columns"),
    [
        ("ab bc", "a0 b1 c2"),
        ("ab bc ac", "a0 b1 c2"),
        ("ab bc ca", "a0 b1 c2"),  # the circle's last leads back
        ("ab bc cd xd", "a0 b1 c2 d3 x2"),  # nobody calls x: it stands next to d
        ("ab ba", "a0 b1"),
    ],
)
def test_columns(edges: str, columns: str) -> None:
    expected = {each[0]: int(each[1]) for each in columns.split()}
    pairs = [(edge[0], edge[1]) for edge in edges.split()]
    assert columns_of(list(expected), pairs, []) == expected


def test_the_first_column_is_kept_for_those_outside() -> None:
    assert columns_of(["p", "a", "b"], [("p", "a"), ("a", "b")], ["p"]) == {"p": 0, "a": 1, "b": 2}
    assert columns_of(["p", "a", "x"], [("p", "a")], ["p"]) == {"p": 0, "a": 1, "x": 1}
    assert columns_of(["a", "p"], [("a", "p")], ["p"]) == {"a": 0, "p": 1}, "called, it is one of many"


def test_a_long_chain() -> None:
    names = [str(at) for at in range(3000)]
    columns = columns_of(names, list(itertools.pairwise(names)), [])
    assert columns["2999"] == 2999


def test_a_hub_has_one_trunk_and_one_lane() -> None:
    columns = {"a": 0, "b": 1, "c": 2, "d": 2, "e": 2}
    items, nets = bundled(columns, calls("ab", "ac", "ad", "bc"))
    lanes = [item for item in items[1] if is_lane(item)]
    assert len(lanes) == 1
    assert [(net.gutter, net.lefts, net.rights) for net in nets] == [
        (0, ("a",), ("b", lanes[0])),
        (1, (lanes[0],), ("c", "d")),
        (1, ("b",), ("c",)),
    ]


def test_edges_back_are_turned() -> None:
    _, nets = bundled({"a": 0, "b": 1}, calls("ab", "ba"))
    assert [(net.back, net.lefts, net.rights) for net in nets] == [
        (False, ("a",), ("b",)),
        (True, ("a",), ("b",)),
    ]


def net(gutter: int, left: str, right: str) -> Net:
    return Net(gutter, Relation.CALLS, False, tuple(left), tuple(right))


def test_order_undoes_crossings() -> None:
    nets = [net(0, "a", "y"), net(0, "b", "x"), net(1, "x", "q"), net(1, "y", "p")]
    columns = ordered([["a", "b"], ["x", "y"], ["p", "q"]], nets, {})
    links = {"a": ["y"], "b": ["x"], "x": ["q"], "y": ["p"]}
    assert crossings(columns, links) == 0


def test_blocks_stay_above_one_another() -> None:
    nets = [net(0, "a", "y"), net(0, "b", "x")]
    assert ordered([["b", "a"], ["x", "y"]], nets, {"b": 1})[0] == ["a", "b"]


@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=6), min_size=1, max_size=4))
def test_items_keep_their_order_and_distance(heights: list[list[int]]) -> None:
    columns = [[f"{at}/{row}" for row in range(len(column))] for at, column in enumerate(heights)]
    nets = [
        Net(at, Relation.CALLS, False, (one,), (columns[at + 1][-1],))
        for at, column in enumerate(columns[:-1])
        for one in column
    ]
    centre = aligned(columns, nets, lambda _, __: 72, {})
    for column in columns:
        places = [centre[item] for item in column]
        assert all(low - high >= 72 for high, low in itertools.pairwise(places))


def test_a_lone_line_is_straight() -> None:
    centre = aligned([["a", "b", "c"], ["x"]], [net(0, "c", "x")], lambda _, __: 72, {})
    assert centre["c"] == centre["x"]


def test_trunks_that_overlap_keep_apart() -> None:
    strands = [
        Strand((("a", 0),), (("x", 100),)),
        Strand((("b", 50),), (("y", 150),)),
        Strand((("c", 300),), (("z", 400),)),
        Strand((("d", 500),), (("w", 500),)),
    ]
    first, second, third, straight = tracked(strands)
    assert first != second
    assert third == straight == 0


def test_lines_do_not_lie_on_one_another() -> None:
    """The second's end is level with the first's beginning: the first's trunk must be left of the second's."""
    strands = [Strand((("a", 100),), (("x", 0),)), Strand((("b", 300),), (("y", 100),))]
    tracks = tracked(strands)
    assert tracks[0] < tracks[1]
    assert clashes(strands, tracks) == []
    assert clashes(strands, [1, 0]) == ["y"]
    upside_down = [Strand((("a", 200),), (("x", 300),)), Strand((("b", 0),), (("y", 200),))]
    tracks = tracked(upside_down)
    assert tracks[0] < tracks[1]


@given(st.text(max_size=63), st.sampled_from([10, 13]), st.integers(60, 300))
def test_broken_text_fits_and_is_whole(text: str, size: int, room: int) -> None:
    lines = broken(text, size, room, bold=True)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, size, bold=True) <= room for line in lines)


def test_broken_at_hyphens() -> None:
    assert broken("order-confirmation-service", 13, 150) == ["order-confirmation-", "service"]
