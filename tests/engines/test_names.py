"""A service's name that is none is answered alike by every command and both engines: exit 2, and what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.engines.names import unknown_service
from devkit.engines.protocol import UpRequest
from devkit.engines.tilt.engine import TiltEngine
from devkit.engines.tilt.start import up

from tests.support.demo import Demo, demo
from tests.support.platform import ROOT


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("other")
        yield made


@pytest.mark.parametrize("words", [("restart",), ("debug",), ("logs",)])
def test_while_the_platform_runs(platform: Demo, words: tuple[str, ...]) -> None:
    done = platform.devkit(*words, "othre", check=False)
    assert done.returncode == 2, done.stderr
    assert "; did you mean other?" in done.stderr
    assert "→ running: " in done.stderr or "→ services: " in done.stderr
    assert "Traceback" not in done.stderr


def test_up(tmp_path: Path) -> None:
    with demo(tmp_path) as stopped:
        done = stopped.devkit("up", "othre", "--engine", "local", check=False)
    assert done.returncode == 2
    assert "no service othre; did you mean other?" in done.stderr


def test_one_that_is_in_the_table_and_was_not_started(platform: Demo) -> None:
    done = platform.devkit("restart", "hello", check=False)
    assert (done.returncode, "hello is in dev/services.yaml" in done.stderr) == (2, True), done.stderr
    assert "./devkit up hello" in done.stderr


def test_the_other_engine() -> None:
    engine = TiltEngine(ROOT)
    asked: list[Callable[[], object]] = [
        lambda: engine.restart(["gatewy"]),
        lambda: engine.stop(["gatewy"]),
        lambda: engine.debug("gatewy", wait=True),
        lambda: engine._named(["gatewy"]),
        lambda: up(ROOT, UpRequest(("gatewy",), detach=True)),
    ]
    for ask in asked:
        with pytest.raises(DevkitError, match=r"no service gatewy.*; did you mean gateway\?") as caught:
            ask()
        assert caught.value.exit_code == 2


def test_a_group_on_the_other_engine_which_stops_no_single_service() -> None:
    engine = TiltEngine(ROOT)
    assert engine._named(["frontend", "gateway", "web"]) == ["web", "gateway"]
    with pytest.raises(DevkitError, match=r"on Kubernetes web cannot be stopped alone") as caught:
        engine.stop(["frontend"])
    assert caught.value.exit_code == 2
    assert "tilt disable web" in str(caught.value.fix)


def test_nothing_like_it() -> None:
    error = unknown_service("x", ["gateway"], running=True)
    assert (error.message, error.fix) == ("no service x runs", "running: gateway")
