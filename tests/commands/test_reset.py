"""`devkit reset`: asks, then deletes what is this clone's."""

from __future__ import annotations

import pytest

from tests.support.demo import Demo


@pytest.mark.parametrize("answer", ["", "n\n", "\n", "maybe\n"])
def test_whatever_is_no_yes_deletes_nothing(stopped: Demo, answer: str) -> None:
    data = stopped.root / ".devkit" / "redis"
    data.mkdir(parents=True)
    done = stopped.devkit("reset", "--engine", "local", check=False, stdin=answer)
    assert (done.returncode, "nothing was deleted" in done.stderr) == (2, True), done.stderr
    assert data.exists()


def test_asked_and_unasked(stopped: Demo) -> None:
    assert "there was no data" in stopped.devkit("reset", "--yes").stderr
    stopped.up("--seed")
    asked = stopped.devkit("reset", check=False)
    assert (asked.returncode, stopped.statuses()["postgres"]["state"]) == (2, "ready")
    assert "deleted .devkit/postgres, .devkit/redis" in stopped.devkit("reset", "-y").stderr
    assert not (stopped.root / ".devkit/postgres").exists()
    assert stopped.devkit("status", check=False).returncode == 1
