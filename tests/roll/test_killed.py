"""The roll is killed (SIGKILL) before or after any of its docker commands: it goes on with --resume, or back with --abort, and no request
fails meanwhile."""

from __future__ import annotations

import os
import random
import shutil
import stat
from pathlib import Path

import pytest

from tests.support.open_loop import asked
from tests.support.rolled import Rolled

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

SHIM = """#!/bin/sh
# Counts the commands that change something. At the one that is wanted the roll is killed, before it or after it: what it has
# started goes on.
case " $* " in
  *" network "*connect*|*" start "*|*" stop "*|*" rm "*|*" up --no-start "*|*" cp "*|*" create "*|*" tag "*)
    number=$(($(cat "$COUNTED" 2>/dev/null || echo 0) + 1))
    echo $number > "$COUNTED"
    if [ $number = "$KILL_AT" ]; then
      [ "$KILL_WHEN" = after ] || kill -9 "$(cat "$ROLL")"
      "$REAL" "$@"
      code=$?
      [ "$KILL_WHEN" = before ] || kill -9 "$(cat "$ROLL")"
      exit $code
    fi ;;
esac
exec "$REAL" "$@"
"""
# As many commands as a roll of one copy runs, at least; a test sees to it.
COMMANDS = 28
ALL = [
    (number, when, end)
    for number in range(1, COMMANDS + 1)
    for when in ("before", "after")
    for end in ("resume", "abort")
]
SOME = random.Random(17).sample(ALL, 3)


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    """A folder with a `docker` that kills its caller."""
    program = tmp_path / "docker"
    program.write_text(SHIM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def through(shim: Path, number: int, when: str) -> dict[str, str]:
    real = shutil.which("docker")
    assert real is not None
    return {
        "PATH": f"{shim}:{os.environ['PATH']}", "REAL": real, "COUNTED": str(shim / "counted"), "KILL_AT": str(number),
        "KILL_WHEN": when, "ROLL": str(shim / "pid"),
    }  # fmt: skip


def ended_well(running: Rolled, end: str) -> str:
    """What the operator does next, and the build that is there then."""
    done = running.devkit("roll", f"--{end}", "--yes", check=False)
    if done.returncode == 2:
        assert "was left unfinished" in done.stderr, done.stderr
    elif end == "abort" and done.returncode == 5:
        assert "cannot be taken back" in done.stderr, done.stderr
        running.devkit("roll", "--resume", "--yes")
    else:
        assert done.returncode == 0, done.stderr
    [build] = running.builds("shop")
    return build


def killed(running: Rolled, shim: Path, number: int, when: str, end: str) -> None:
    before = running.ids("shop")
    with asked(running.port(), "shop.test", 300) as outside:
        roll = running.start(
            "roll",
            "shop",
            "--tag",
            "two",
            "--skip-gate",
            "--yes",
            "--monitor",
            "0",
            **through(shim, number, when),
        )
        (shim / "pid").write_text(str(roll.pid))
        said, _ = roll.communicate(timeout=300)
        assert roll.returncode == -9, said
        build = ended_well(running, end)
        outside.enough()
    assert outside.failed == {}, outside.failed
    assert len(running.ids("shop", all_=True)) == 1
    assert f"SHOP_IMAGE_TAG={build}\n" in (running.folder / ".env").read_text()
    if build == "one":
        assert running.ids("shop") == before
    running.answers(build)
    history = running.devkit("roll", "--history").stdout
    state = {"one": "taken back", "two": "done"}[build]
    assert state in history or (build == "one" and not history), history


@pytest.mark.parametrize(("number", "when", "end"), SOME)
def test_a_roll_that_is_killed_ends_well(
    running: Rolled, shim: Path, number: int, when: str, end: str
) -> None:
    killed(running, shim, number, when, end)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("number", "when", "end"), sorted(set(ALL) - set(SOME)))
def test_at_every_step(running: Rolled, shim: Path, number: int, when: str, end: str) -> None:
    killed(running, shim, number, when, end)


def test_a_roll_has_that_many_steps(running: Rolled, shim: Path) -> None:
    roll = running.start(
        "roll", "shop", "--tag", "two", "--skip-gate", "--yes", "--monitor", "0", **through(shim, 0, "")
    )
    said, _ = roll.communicate(timeout=300)
    assert roll.returncode == 0, said
    assert int((shim / "counted").read_text()) >= COMMANDS  # and a sign of life every ten seconds
