"""What `--help` shows of every command, and what is answered to a word of another tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
from devkit import cli

_PYTHON = re.compile(r"<[a-z][^>]*>")


def called(*words: str) -> tuple[int, str]:
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        code = cli.main(words)
    return code, out.getvalue()


def listed(text: str) -> list[str]:
    """The names in the last list of commands."""
    return (
        re.findall(r"^  (\S+)  ", text.rpartition("Commands:\n")[2], re.MULTILINE)
        if "Commands:" in text
        else []
    )


def pages(*words: str) -> Iterator[tuple[str, str]]:
    code, text = called(*words, "--help")
    assert code == 0, text
    yield " ".join(words), text
    for name in listed(text):
        yield from pages(*words, name)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_no_summary_is_cut_and_no_type_is_pythons(command: str) -> None:
    for called_as, text in pages(command):
        for line in text.partition("Commands:\n")[2].splitlines():
            assert not line.endswith("..."), f"{called_as}: {line}"
        about = text.partition("\nOptions:")[0]
        assert not _PYTHON.findall(about.partition("Arguments:")[2]), f"{called_as}: {about}"
        for line in text.partition("\nOptions:")[2].splitlines():
            assert not re.match(r" +(-\S+,? ?)+<", line), f"{called_as}: {line}"
        assert not re.search(r"[\[{][\[{]|{", text.partition("\n")[0]), (
            f"{called_as}: {text.partition(chr(10))[0]}"
        )


def test_arguments_and_values_are_named() -> None:
    assert "Usage: devkit restart [OPTIONS] SERVICE...\n" in called("restart", "--help")[1]
    assert "Usage: devkit stop [OPTIONS] [SERVICE]...\n" in called("stop", "--help")[1]
    up = called("up", "--help")[1]
    assert "--port-offset N " in up
    assert "--database-url URL " in up
    assert "--deadline SECONDS " in called("db", "migrate", "--help")[1]
    assert "--format svg|mermaid " in called("graph", "--help")[1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ps", "status"),
        ("kill", "stop"),
        ("start", "up"),
        ("log", "logs"),
        ("migrate", "db migrate"),
        ("statsu", "status"),
    ],
)
def test_words_of_other_tools(typed: str, meant: str) -> None:
    code, text = called(typed)
    assert (code, f"no command '{typed}'; did you mean '{meant}'?" in text) == (2, True), text
    assert called(*meant.split(), "--help")[0] == 0


def test_what_is_suggested_exists() -> None:
    for meant in set(cli._ELSEWHERE.values()):
        words = [word for word in meant.split() if word not in ("-f", "--help", "--version")]
        assert called(*words, "--help")[0] == 0, meant
    assert not set(cli._ELSEWHERE) & set(cli.COMMANDS)
