"""The small parts: interpolation, env files, sizes, durations, shell words, scalars."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.compose.dotenv import read_env_file, read_raw_env_file
from devkit.compose.model import ComposeError, Node, Origin, Variable
from devkit.compose.scalars import Timestamp, printed, resolve
from devkit.compose.template import Missing, Unclear, substitute
from devkit.compose.units import duration, printed_duration, shell_words, size
from devkit.findings.model import Place

VALUES = {"SET": "value", "EMPTY": "", "OTHER": "o"}


def look(name: str) -> Variable:
    return Variable(name, VALUES.get(name))


def node(text: str) -> Node:
    return Node(text, Origin(Place("compose.yml", 1, 1), text))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$SET ${SET}", "value value"), ("$$SET $${SET}", "$SET ${SET}"), ("${NO:-d} ${EMPTY:-d} ${EMPTY-d}", "d d "), ("${NO-d}", "d"), ("${SET:+r} ${EMPTY:+r}${EMPTY+r}", "r r"),
        ("${NO:+r}", ""), ("${NO:-${ALSO:-${SET}}}", "value"), ("${NO:-a}${OTHER}", "ao"), ("$1 a$ 5$", "$1 a$ 5$"), ("${SET?x}${EMPTY?x}", "value"), ("$NO.", "."), ("${no:-lower}", "lower"),
    ],
)  # fmt: skip
def test_interpolation(text: str, result: str) -> None:
    assert substitute(text, look) == result


@pytest.mark.parametrize("text", ["${NO:?}", "${NO?why}", "${EMPTY:?}", "${SET:-${NO:?inner}}"])
def test_required_variables(text: str) -> None:
    with pytest.raises(Missing):
        substitute(text, look)


@pytest.mark.parametrize("text", ["${", "${}", "${1}", "${SET", "${SET:-line\nbreak}"])
def test_what_begins_no_variable(text: str) -> None:
    with pytest.raises(Unclear):
        substitute(text, look)


def test_env_files(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_text(
        '# c\nA=1 # comment\nB="x\\ty" # c\nexport C=\'$SET\'\nD=${SET}\nE: yaml\nF=$A\nSET\nABSENT\nG="two\nlines"\nH=\\$x\nI="\\$x"\n'
    )
    found = read_env_file(tmp_path / "x.env", "x.env", look)
    values = {name: variable.value for name, variable in found.items()}
    assert values == {
        "A": "1", "B": "x\ty", "C": "$SET", "D": "value", "E": "yaml", "F": "1", "SET": "value", "G": "two\nlines", "H": "\\", "I": "$x",
    }  # fmt: skip
    assert found["I"].place == Place("x.env", 13, 1)


def test_raw_env_files(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_text("# c\nA='q' # c\n\n  B=${SET} \nSET\n")
    found = read_raw_env_file(tmp_path / "x.env", "x.env", look)
    assert {name: variable.value for name, variable in found.items()} == {
        "A": "'q' # c",
        "B": "${SET} ",
        "SET": "value",
    }


@pytest.mark.parametrize(
    ("text", "count"), [("64m", 64 * 2**20), ("1.5 GiB", 3 * 2**29), ("10", 10), ("1kb", 1024), ("5b", 5)]
)
def test_sizes(text: str, count: int) -> None:
    assert size(node(text)) == count


@pytest.mark.parametrize(
    ("text", "shown"),
    [("90s", "1m30s"), ("1d", "24h0m0s"), ("1.5s", "1.5s"), ("250us", "250µs"), ("0", "0s"), ("-5m", "-5m0s"), ("1h0m0.5s", "1h0m0.5s")],
)  # fmt: skip
def test_durations(text: str, shown: str) -> None:
    assert printed_duration(duration(node(text), text)) == shown


@pytest.mark.parametrize(
    ("text", "words"),
    [("a 'b c' \"d e\"", ["a", "b c", "d e"]), ("a\\ b", ["a b"]), ("a; b", ["a"]), ("x $(y z)", ["x", "$(y z)"]), ('""', [""]), ("`a b`", ["`a b`"])],
)  # fmt: skip
def test_shell_words(text: str, words: list[str]) -> None:
    assert shell_words(node(text)) == words


@pytest.mark.parametrize("text", ["'a", "a (b)", "a\\"])
def test_words_that_are_not_closed(text: str) -> None:
    with pytest.raises(ComposeError):
        shell_words(node(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", "yes"), ("True", True), ("0777", 511), ("0o17", 15), ("08", 8.0), ("1_000", 1000), ("1e3", 1000.0), ("12:30", "12:30"), ("~", None), ("0x1F", 31), ("-", "-"), ("18446744073709551616", 2.0**64)],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_dates_are_told_from_text() -> None:
    assert isinstance(resolve("2024-01-31"), Timestamp)
    assert not isinstance(resolve("2024-02-31"), Timestamp)


@pytest.mark.parametrize(
    ("value", "text"), [(1.5, "1.5"), (1e6, "1e+06"), (123456.0, "123456"), (0.00001, "1e-05"), (0.001, "0.001"), (True, "true"), ([1, "a"], "[1 a]"), ({"b": 1, "a": None}, "map[a:<nil> b:1]")]
)  # fmt: skip
def test_what_becomes_text(value: object, text: str) -> None:
    assert printed(value) == text
