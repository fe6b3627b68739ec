"""Lines out of bytes: none is lost, whatever its length and wherever the pipe cuts it."""

from __future__ import annotations

import asyncio

from devserve.lines import GOES_ON, LONGEST, Lines, read_lines
from hypothesis import given
from hypothesis import strategies as st


def lines_of(data: bytes, *cuts: int) -> list[str]:
    lines, found, start = Lines(), list[str](), 0
    for cut in (*sorted(cuts), len(data)):
        found += lines.take(data[start:cut])
        start = cut
    return [*found, *lines.rest()]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    expected = [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n")]
    if expected[-1] == "":
        expected.pop()
    found = lines_of(data, *(min(cut, len(data)) for cut in cuts))
    assert [line for line in found if line] == [line for line in expected if line]


def test_a_long_line_comes_in_pieces_that_say_so() -> None:
    whole = "ä" * (3 * LONGEST + 17)
    found = lines_of(f"before\n{whole}\nafter\n".encode(), 100, LONGEST + 1, 5 * LONGEST)
    assert (found[0], found[-1], len(found)) == ("before", "after", 6)
    pieces = found[1:-1]
    assert all(piece.endswith(GOES_ON) for piece in pieces[:-1])
    assert all(piece.startswith(GOES_ON) for piece in pieces[1:])
    assert "".join(piece.removeprefix(GOES_ON).removesuffix(GOES_ON) for piece in pieces) == whole


def test_the_last_line_without_an_end() -> None:
    assert lines_of(b"one\r\ntwo") == ["one", "two"]
    assert lines_of(b"one\n") == ["one"]
    assert lines_of(b"") == []
    assert lines_of(b"\xc3") == ["�"]


def test_a_reader_outlives_whoever_it_tells() -> None:
    told = list[str]()

    def wrote(line: str) -> None:
        if line == "bad":
            raise OSError
        told.append(line)

    async def read() -> None:
        stream = asyncio.StreamReader()
        stream.feed_data(b"one\nbad\ntwo\nbad\nlast")
        stream.feed_eof()
        await read_lines(stream, wrote)

    asyncio.run(read())
    assert told == ["one", "two", "last", "devkit: 2 lines could not be shown"]
