"""Every devkit command in the documentation exists, takes the options it is shown with, and links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.platform import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*Path(ROOT).glob("*.md"), *Path(ROOT).glob("docs/**/*.md")]
    if path.name != "benchmarks.md"
)
COMMAND = re.compile(r"(?:^|`)\./devkit ([^`\n]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


def shown(page: str) -> list[list[str]]:
    """The command lines of a page, as words."""
    text = (Path(ROOT) / page).read_text()
    calls = [shlex.split(found.split("  #")[0]) for found in COMMAND.findall(text)]
    return [words[2:] if words[0] == "--root" else words for words in calls]


@cache
def help_of(*words: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([*words, "--help"])
    assert code == 0, f"./devkit {' '.join(words)}: {err.getvalue()}"
    return out.getvalue()


def test_there_are_pages_and_commands() -> None:
    assert "README.md" in PAGES
    assert ["up"] in shown("README.md")
    assert ["test"] in shown("README.md")


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_exist(page: str) -> None:
    for words in shown(page):
        command = words[:1]
        if " COMMAND " in help_of(*command):
            command = words[:2]
        known = help_of(*command)
        for option in (word.split("=")[0] for word in words if word.startswith("-")):
            assert re.search(rf"(^|[\s,]){re.escape(option)}\b", known), (
                f"{page}: ./devkit {' '.join(words)}: {option}"
            )


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = (Path(ROOT) / page).parent
    broken = [link for link in LINK.findall((Path(ROOT) / page).read_text()) if not (folder / link).exists()]
    assert broken == [], f"{page} links to what does not exist"
