"""Every bad table in tests/bad/NAME.yaml is answered, completely, with tests/bad/NAME.txt."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.compare import check_golden

BAD = Path(__file__).resolve().parents[1] / "bad"
TABLES = sorted(BAD.glob("*.yaml"))
GOOD = b"""version: 1
name: shop
namespace: shop-dev
image_prefix: shop
services:
  redis: {type: redis, image: "redis:7-alpine", port: 6379}
"""


def bomb() -> bytes:
    lines = ["version: 1", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return "\n".join(lines).encode()


# Tables that are too big, or no text at all, to be kept as files.
MADE = {
    "made-empty": b"",
    "made-blank": b"\n  \n\n",
    "made-only-a-byte-order-mark": b"\xef\xbb\xbf",
    "made-alias-bomb": bomb(),
    "made-ten-megabytes": b"# " + b"x" * 10_000_000,
    "made-deeply-nested": b"a: " + b"[" * 5_000,
    "made-deeply-nested-block": b"".join(b" " * i + b"a:\n" for i in range(200)),
    "made-many-values": b"a: [" + b"1," * 1_000_100 + b"]",
    "made-latin-1": GOOD + "# Grüße\n".encode("latin-1"),
    "made-utf-16": GOOD.decode().encode("utf-16"),
    "made-nul-byte": GOOD.replace(b"shop-dev", b"shop\x00dev"),
    "made-escape-character": GOOD.replace(b"name: shop", b"name: \x1b[31mshop"),
    "made-cut-in-a-character": GOOD + "# é".encode()[:-1],
}


def test_there_are_many_kinds() -> None:
    assert len(TABLES) + len(MADE) >= 60


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_bad_table(table: Path, refusal: Callable[[bytes], str], request: pytest.FixtureRequest) -> None:
    answer = refusal(table.read_bytes())
    check_golden(table.with_suffix(".txt"), answer.encode(), request.config)


@pytest.mark.parametrize("name", MADE)
def test_made_table(name: str, refusal: Callable[[bytes], str], request: pytest.FixtureRequest) -> None:
    check_golden(BAD / f"{name}.txt", refusal(MADE[name]).encode(), request.config)


def test_every_answer_has_its_table() -> None:
    answers = {path.stem for path in BAD.glob("*.txt")}
    assert answers == {path.stem for path in TABLES} | MADE.keys()


@pytest.mark.parametrize("command", [["generate", "--check"], ["generate", "--diff"], ["plan"]])
def test_every_command_refuses(command: list[str], clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from devkit.cli import main

    (clone / "dev" / "services.yaml").write_bytes(b"version: 1\n")
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\ndev/services.yaml:1:1: the table has no `services`\n" in captured.err


def test_no_table(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from devkit.cli import COMMANDS, main

    assert main(["generate"]) == 2
    said = capsys.readouterr().err
    assert "dev/services.yaml: does not exist" in said
    for command in re.findall(r"`(?:\./)?devkit (\w+)", said):
        assert command in COMMANDS, f"the fix names `devkit {command}`, which does not exist"


def test_folder_instead_of_table(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from devkit.cli import main

    (clone / "dev" / "services.yaml").mkdir()
    assert main(["generate"]) == 2
    assert "dev/services.yaml: is a folder, not a file" in capsys.readouterr().err


def test_pipe_instead_of_table(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from devkit.cli import main

    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(clone / "dev" / "services.yaml")
    assert main(["generate"]) == 2
    assert "is not a regular file" in capsys.readouterr().err


def test_unreadable_table(
    clone: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from devkit.cli import main

    table = clone / "dev" / "services.yaml"
    table.write_bytes(GOOD)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert main(["generate"]) == 2
    assert "dev/services.yaml: cannot be read: Permission denied" in capsys.readouterr().err
