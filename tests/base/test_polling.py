from __future__ import annotations

import time

import pytest
from devkit.base.polling import attempts


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each pause that was made, on a clock that only they move."""
    made: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: sum(made))
    monkeypatch.setattr(time, "sleep", made.append)
    return made


def test_without_time_there_is_one_attempt(pauses: list[float]) -> None:
    assert list(attempts(0, 1)) == [0]
    assert list(attempts(-1, 1)) == [0]
    assert pauses == []


def test_the_last_attempt_is_at_the_deadline(pauses: list[float]) -> None:
    assert list(attempts(2.5, 1)) == [2.5, 1.5, 0.5, 0]
    assert pauses == [1, 1, 0.5]


def test_the_first_attempt_comes_at_once_and_none_after_the_loop_was_left(pauses: list[float]) -> None:
    for left in attempts(60, 1):
        assert left == 60
        break
    assert pauses == []
