"""A roll while the Docker daemon is restarted, and while its disk is full: with a daemon of the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.open_loop import asked
from tests.support.own_docker import INSIDE, OwnDocker, in_a_network_of_its_own, own_docker
from tests.support.platform import ROOT
from tests.support.registry import registry
from tests.support.rolled import BASE, Rolled, build_images, rolled

pytestmark = [pytest.mark.compose, pytest.mark.soak, pytest.mark.timeout(900)]

WORDS = ("roll", "shop", "--tag", "two", "--skip-gate", "--yes", "--monitor", "2")


inside = pytest.mark.skipif(not os.environ.get(INSIDE), reason="is run by test_with_a_daemon_of_its_own")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDocker]:
    with own_docker(tmp_path_factory.mktemp("docker")) as made:
        made.take([BASE, "traefik:v3"])
        yield made


@pytest.fixture(scope="module")
def own_images(daemon: OwnDocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as patch,
        registry(tmp_path_factory.mktemp("registry")) as address,
    ):
        patch.setenv("DOCKER_HOST", daemon.host)
        build_images(address, tmp_path_factory.mktemp("images"))
        yield address


@pytest.fixture
def running(
    daemon: OwnDocker, own_images: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rolled]:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    with rolled(tmp_path, own_images) as made:
        yield made


@pytest.mark.timeout(3000)
@pytest.mark.skipif(bool(os.environ.get(INSIDE)), reason="runs the others")
def test_with_a_daemon_of_its_own() -> None:
    """All that follow."""
    in_a_network_of_its_own(str(Path(__file__).relative_to(ROOT)))


@inside
@pytest.mark.parametrize("copies", [1, 2])
def test_the_daemon_is_restarted(running: Rolled, daemon: OwnDocker, copies: int) -> None:
    """Its containers stop with it, and come again by their restart policy. The roll waits, and goes on."""
    roll = running.start(*WORDS)
    running.until_locked()
    running.until(lambda: len(running.ids("shop", all_=True)) == copies)
    daemon.stop()
    daemon.start()
    said, _ = roll.communicate(timeout=400)
    assert roll.returncode == 0, said
    assert running.builds("shop") == ["two"]
    running.answers("two")
    history = running.devkit("roll", "--history").stdout
    assert "Docker was away" in history
    assert history.splitlines()[-1].endswith("done")


@inside
def test_the_disk_is_full_before(running: Rolled, daemon: OwnDocker) -> None:
    before = running.ids("shop")
    with asked(running.port(), "shop.test", 300) as outside:
        with daemon.full():
            done = running.devkit(*WORDS, check=False)
        outside.enough()
    assert done.returncode == 1, done.stderr
    assert "no space left" in done.stderr.lower(), done.stderr
    assert running.ids("shop") == before
    assert outside.failed == {}, outside.failed
    running.devkit(*WORDS)
    running.answers("two")


@inside
def test_the_disk_gets_full_on_the_way(running: Rolled, daemon: OwnDocker) -> None:
    """It goes back without being able to write that it does; `--abort` finds that done."""
    before = running.ids("shop")
    with asked(running.port(), "shop.test", 300) as outside:
        roll = running.start(*WORDS)
        running.until(lambda: len(running.ids("shop")) == 2)
        with daemon.full():
            said, _ = roll.communicate(timeout=400)
            assert roll.returncode == 1, said
            assert "disk" in said or "space" in said, said
            assert running.ids("shop") == before
        outside.enough()
    assert outside.failed == {}, outside.failed
    after = running.devkit("roll", "--abort", "--yes", check=False)
    assert after.returncode in (0, 2), after.stderr
    assert running.ids("shop", all_=True) == before
    running.devkit(*WORDS)
    running.answers("two")
