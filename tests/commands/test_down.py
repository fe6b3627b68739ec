"""`devkit down`: what runs is stopped, data is kept, and nothing to stop is not a mistake."""

from __future__ import annotations

from tests.support.demo import Demo


def test_it_stops_what_runs(running: Demo) -> None:
    running.get("other")
    assert running.devkit("down").stderr.endswith("devkit: stopped; data is kept\n")
    assert running.devkit("status", check=False).returncode == 1
    assert "nothing ran in this clone" in running.devkit("down").stderr


def test_wrong_words(stopped: Demo) -> None:
    for words, said in (
        (("--engine", "docker"), "engines: local, tilt"),
        (("other",), "unexpected extra argument"),
    ):
        done = stopped.devkit("down", *words, check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
