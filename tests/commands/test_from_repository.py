"""dev/commands/<name>.py: commands of the repository's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from devkit.cli import main

_STOCK = '''"""Stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from devkit.commands.repository import Repository


def run(
    repository: Repository,
    name: Annotated[str, typer.Argument(help="Whose port.")],
    loud: Annotated[bool, typer.Option("--loud", help="Loudly.")] = False,
) -> int:
    """Show a service's port.

    Exit 1 when there is none.
    """
    service = repository.table.services.get(name)
    if service is None:
        return 1
    text = f"{repository.root.name}: {service.port}"
    print(text.upper() if loud else text)
    return 0
'''


@pytest.fixture
def commands(clone: Path) -> Path:
    folder = clone / "dev" / "commands"
    folder.mkdir()
    (folder / "stock.py").write_text(_STOCK)
    return folder


def test_it_gets_the_repository_and_its_arguments(
    commands: Path, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stock", "cache", "--loud"]) == 0
    assert capsys.readouterr().out == f"{clone.name.upper()}: 6379\n"
    assert main(["stock", "nothing"]) == 1
    assert main(["stock"]) == 2


def test_it_is_listed_and_has_help(commands: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands of this repository (dev/commands/):")[2]
    assert listed.split() == ["stock", "Show", "a", "service's", "port"]
    assert main(["stock", "--help"]) == 0
    said = capsys.readouterr().out
    assert "Show a service's port." in said
    assert "Whose port." in said
    assert "repository" not in said.lower().replace("the repository", "")


def test_nothing_of_it_is_imported_for_other_commands(commands: Path, clone: Path) -> None:
    (commands / "loud.py").write_text(
        f"open({str(clone / 'imported')!r}, 'w')\n\ndef run() -> None:\n    'Loud.'\n"
    )
    for module in [name for name in sys.modules if name == "devkit.commands.own"]:
        del sys.modules[module]
    assert main(["generate"]) == 0
    assert "devkit.commands.own" not in sys.modules
    assert main(["--help"]) == 0
    assert not (clone / "imported").exists()
    assert main(["loud"]) == 0
    assert (clone / "imported").exists()


@pytest.mark.parametrize(
    ("text", "listed", "called"),
    [
        ("def run(:\n", "broken: dev/commands/bad.py:1: invalid syntax", "dev/commands/bad.py:1 cannot be loaded: "),
        ("'''Bad.'''\nimport nothing_such\n", "Bad", "dev/commands/bad.py:2 cannot be loaded: No module named"),
        ("'''Bad.'''\n", "Bad", "dev/commands/bad.py has no function run()"),
        ("def run(what) -> None:\n    'Bad.'\n", "Bad", "dev/commands/bad.py:1 cannot be a command: the parameter 'what' has no type"),
        ("def run(what: Nothing) -> None:\n    'Bad.'\n", "Bad", "dev/commands/bad.py:1 cannot be "),
    ],
)  # fmt: skip
def test_a_broken_one_tells_its_file_and_stops_no_other(
    text: str, listed: str, called: str, commands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (commands / "bad.py").write_text(text)
    assert main(["--help"]) == 0
    assert " ".join(f"bad {listed}".split()) in " ".join(capsys.readouterr().out.split())
    assert main(["generate"]) == 0
    assert main(["stock", "cache"]) == 0
    capsys.readouterr()
    assert main(["bad", "x"]) == 2
    error = capsys.readouterr().err
    assert called in error
    assert "Traceback" not in error


def test_a_name_of_devkits_own_is_refused(commands: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (commands / "status.py").write_text("raise SystemExit('never')\n")
    main(["status"])
    assert "nothing runs in this clone" in capsys.readouterr().err
    assert main(["--help"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert "devkit has a command of that name; rename dev/commands/status.py" in listed


def test_a_misspelt_name_is_answered_with_the_near_one(
    commands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stok"]) == 2
    assert "did you mean 'stock'?" in capsys.readouterr().err
