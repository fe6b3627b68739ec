"""`devkit stop`: services by name or group, until they are started again; without a name everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo, until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up()
        yield made


def states(platform: Demo) -> dict[str, str]:
    return {name: unit["state"] for name, unit in platform.statuses().items() if name != "db-migrate"}


def all_ready(platform: Demo) -> bool:
    return set(states(platform).values()) == {"ready"}


def test_one_is_stopped_until_it_is_named(platform: Demo) -> None:
    others = platform.statuses()["hello"]["pid"]
    assert platform.devkit("stop", "other").stderr.endswith(
        "stopped other; ./devkit up other starts it again\n"
    )
    assert platform.statuses()["other"]["state"] == "stopped"
    assert platform.statuses()["other"]["pid"] is None
    done = platform.devkit("status", check=False)
    assert (done.returncode, "./devkit up other starts it" in done.stdout) == (1, True)
    with pytest.raises(OSError, match="refused"):
        platform.get("other")
    platform.edit("other", "version", "version")  # a touch is no change
    platform.edit("other", r'"version": \d+', '"version": 7')
    assert platform.devkit("debug", "other", check=False).returncode == 1
    assert "other: ready on " in platform.devkit("up", "other").stderr
    assert platform.get("other")["version"] == 7
    assert platform.statuses()["hello"]["pid"] == others


def test_what_needs_it_is_told_and_waits_for_it(platform: Demo) -> None:
    stopped = platform.devkit("stop", "redis", "postgres").stderr
    assert "devkit: hello needs what is stopped now" in stopped
    assert "stopped postgres, redis" in stopped
    done = platform.devkit("restart", "hello", check=False)
    assert (done.returncode, "hello cannot start: postgres, redis are stopped" in done.stderr) == (1, True)
    platform.devkit("up", "hello")
    until(lambda: all_ready(platform), what="all of them")


def test_a_group_and_restart_starts_it_again(platform: Demo) -> None:
    assert "stopped hello, other" in platform.devkit("stop", "backend").stderr
    assert states(platform) == {"postgres": "ready", "redis": "ready", "hello": "stopped", "other": "stopped"}
    assert "hello, other are up again" in platform.devkit("restart", "hello", "other").stderr
    assert all_ready(platform)


def test_the_table_is_read_again_and_what_is_stopped_stays_so(platform: Demo) -> None:
    platform.devkit("stop", "other")
    table = platform.root / "dev/services.yaml"
    before = table.read_text()
    table.write_text(
        before.replace("default: hello", "default: hi").replace("Says something", "Tells something")
    )
    until(lambda: platform.get("hello")["says"] == "hi", what="the new value")
    assert platform.statuses()["other"]["state"] == "stopped"
    table.write_text(before)
    until(lambda: platform.get("hello")["says"] == "hello", what="the old value")
    assert "devkit: everything runs" not in platform.devkit("up").stderr
    assert all_ready(platform)


def test_wrong_words(platform: Demo) -> None:
    for words, said in (
        (("othre",), "no service othre runs; did you mean other?"),
        (("db-migrate",), "db-migrate ends by itself"),
        (("other", "frontend"), "no service frontend runs"),
    ):
        done = platform.devkit("stop", *words, check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert all_ready(platform)


def test_without_a_name_everything(platform: Demo) -> None:
    platform.devkit("stop", "other")
    assert platform.devkit("stop").stderr.endswith("devkit: stopped; data is kept\n")
    assert "nothing runs in this clone" in platform.devkit("stop", "other", check=False).stderr
    platform.up()
    assert all_ready(platform), "it was stopped in that run only"
