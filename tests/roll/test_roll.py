"""`devkit compose roll` with the real Docker, Compose, Traefik and registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.images import docker, inspected
from tests.support.open_loop import asked
from tests.support.rolled import BASE, Rolled
from tests.support.storage import free_port

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

QUICK = ("--skip-gate", "--yes", "--monitor", "2")


def env(running: Rolled) -> str:
    return (running.folder / ".env").read_text()


def test_no_request_fails(running: Rolled) -> None:
    """Two services, one with two copies: from outside through the proxy, and inside by name, at a rate that does not wait for
    answers; POSTs, which nobody repeats."""
    with asked(running.port(), "shop.test", 200) as outside, running.called("stock") as inside:
        running.devkit("roll", "shop", "stock", "--tag", "two", *QUICK)
        outside.enough()
    assert outside.failed == {}, outside.failed
    assert outside.builds >= {"one", "two"}
    assert inside["failed"] == []
    assert set(inside["seen"]) == {"one", "two"}
    assert running.builds("shop") == ["two"]
    assert running.builds("stock") == ["two", "two"]
    # Compose finds what it would have made itself.
    assert "SHOP_IMAGE_TAG=two\n" in env(running)
    assert "STOCK_IMAGE_TAG=two\n" in env(running)
    before = running.ids("shop") + running.ids("stock")
    running.compose("up", "-d", "--quiet-pull")
    assert running.ids("shop") + running.ids("stock") == before
    assert len(running.ids("shop", all_=True)) == 1


@pytest.mark.parametrize("tag", [pytest.param("broken", marks=pytest.mark.soak), "never-ready", "crashes"])
def test_a_bad_build_takes_everything_back(running: Rolled, tag: str) -> None:
    """Also the service that was rolled before it. The old containers are the very same ones."""
    if tag == "broken":  # so that what is put back has an address of its own
        running.devkit("roll", "shop", "--again", *QUICK)
    before, written = {name: running.ids(name) for name in ("shop", "stock")}, env(running)
    how = ("--skip-gate", "--yes", "--wait", "15", "--monitor", "12" if tag == "crashes" else "1")
    with asked(running.port(), "shop.test", 200) as outside, running.called("stock") as inside:
        done = running.devkit("roll", "shop", "stock", "--tag", tag, *how, check=False)
        outside.enough()
    assert done.returncode == 1
    assert "taken back:" in done.stderr
    assert {name: running.ids(name) for name in ("shop", "stock")} == before
    assert {name: running.ids(name, all_=True) for name in ("shop", "stock")} == before
    assert env(running) == written
    if tag != "crashes":  # what has been in service and falls takes its requests with it
        assert outside.failed == {}, outside.failed
        assert outside.builds == {"one"}
        assert inside == {"seen": {"one": inside["seen"]["one"]}, "failed": []}
    running.answers("one")
    said = running.devkit("roll", "--history").stdout
    assert "taken back" in said.splitlines()[-1]
    assert re.search(r"failed: .*shop-\d+ (ended|was not ready)", said), said


def test_labels_that_change_are_refused(running: Rolled) -> None:
    """Traefik would answer 404 for all copies while they differ."""
    file = running.folder / "docker-compose.yml"
    file.write_text(file.read_text().replace("healthcheck.interval=1s", "healthcheck.interval=2s"))
    before = running.ids("shop")
    done = running.devkit("roll", "shop", "--tag", "two", *QUICK, check=False)
    assert done.returncode == 5
    assert "healthcheck.interval" in done.stderr
    assert "--with-pause shop" in done.stderr
    assert running.ids("shop") == before
    running.devkit("roll", "shop", "--tag", "two", *QUICK, "--with-pause", "shop")
    running.answers("two")
    assert "there was a copy too few for" in running.devkit("roll", "--history", "shop").stdout


def test_what_cannot_have_two_copies_stops_first(running: Rolled) -> None:
    done = running.devkit("roll", "store", "--tag", "two", *QUICK)
    assert "two copies cannot run at once: it has a volume that it writes to" in done.stderr
    assert running.builds("store") == ["two"]
    assert "there was a copy too few for" in done.stderr
    bad = running.devkit("roll", "store", "--tag", "broken", *QUICK, check=False)
    assert bad.returncode == 1
    assert running.builds("store") == ["two"]


@pytest.mark.soak
def test_a_port_of_the_host_is_the_same(running: Rolled) -> None:
    """Traefik itself, with a port that it has for itself."""
    port = free_port()
    file = running.folder / "docker-compose.yml"
    file.write_text(file.read_text().replace("127.0.0.1::80", f"127.0.0.1:{port}:80"))
    running.compose("up", "-d", "--quiet-pull")
    running.answers("one")
    before = running.ids("traefik")
    docker("tag", "traefik:v3", f"{running.registry}/team/traefik:three")
    docker("push", "--quiet", f"{running.registry}/team/traefik:three")
    file.write_text(file.read_text().replace("image: traefik:v3", "image: ${REGISTRY}/team/traefik:three"))
    done = running.devkit("roll", "traefik", *QUICK)
    assert "two copies cannot run at once: it has a port of the host" in done.stderr
    assert running.ids("traefik") != before
    assert running.port() == port
    running.answers("one")


def test_a_second_roll_is_refused_while_one_is_at_work(running: Rolled) -> None:
    first = running.start("roll", "shop", "--tag", "two", *QUICK)
    try:
        running.until_locked()
        for words in (
            ("roll", "stock", "--tag", "two", *QUICK),
            ("rollback", "stock", "--to", "one", "--yes"),
        ):
            second = running.devkit(*words, check=False)
            assert second.returncode == 5, second.stderr
            assert "is being rolled by" in second.stderr
        asked_for = running.devkit("gate", "--only", "gate.updating", check=False)
        assert asked_for.returncode == 1
        assert f"rolls {running.name}" in asked_for.stdout
        resumed = running.devkit("roll", "--resume", "--yes", check=False)
        assert resumed.returncode == 5
        assert "is at work" in resumed.stderr
    finally:
        said, _ = first.communicate(timeout=200)
    assert first.returncode == 0, said
    assert running.builds("stock") == ["one", "one"]
    assert running.builds("shop") == ["two"]


def test_back_to_what_ran_before(running: Rolled) -> None:
    first = inspected("container", running.ids("shop")[0])["Image"]
    running.devkit("roll", "shop", "--tag", "two", *QUICK)
    running.devkit("rollback", "shop", "--yes", "--monitor", "0")
    running.answers("one")
    assert "SHOP_IMAGE_TAG=one\n" in env(running)
    running.devkit("roll", "shop", "--tag", "three", *QUICK)
    [digest] = {
        name
        for name in inspected("image", first)["RepoDigests"]
        if name.startswith(f"{running.registry}/team/shop@")
    }
    running.devkit("rollback", "shop", "--to", digest.partition("@")[2], "--yes", "--monitor", "0")
    running.answers("one")
    assert inspected("container", running.ids("shop")[0])["Image"] == first


def test_a_tag_that_moves_is_one_image_in_one_roll(running: Rolled) -> None:
    """Somebody pushes and pulls the tag between two batches: the roll notices, and goes back."""
    name = f"{running.registry}/team/stock:moving"
    docker("tag", "devkit-test-rolled:two", name)
    docker("push", "--quiet", name)
    roll = running.start("roll", "stock", "--tag", "moving", *QUICK)
    running.until(lambda: len(running.ids("stock")) == 3)
    docker("tag", "devkit-test-rolled:three", name)
    said, _ = roll.communicate(timeout=200)
    assert roll.returncode == 1, said
    assert "means another image by now" in said
    assert running.builds("stock") == ["one", "one"]


def test_what_is_as_it_should_be_is_left(running: Rolled) -> None:
    before = running.ids("shop")
    done = running.devkit("roll", "shop", *QUICK)
    assert "already" in done.stderr
    assert running.ids("shop") == before
    running.devkit("roll", "shop", "--again", *QUICK)
    assert running.ids("shop") != before


def test_a_dry_run_prints_what_a_roll_runs(running: Rolled) -> None:
    before = running.ids("shop"), running.ids("stock")
    printed = running.devkit("roll", "shop", "stock", "--tag", "two", "--dry-run").stdout
    assert (running.ids("shop"), running.ids("stock")) == before
    running.devkit("roll", "shop", "stock", "--tag", "two", *QUICK)
    ran = [
        line[10:]
        for line in running.devkit("roll", "--history").stdout.splitlines()
        if re.search(r"\bdocker ", line[10:])
    ]
    planned = [line for line in printed.splitlines() if not line.startswith(("#", "sleep"))]
    assert [_shape(line) for line in ran] == [_shape(line) for line in planned]


def _shape(command: str) -> str:
    """Without ids, addresses and what stands for them."""
    command = re.sub(r"\b[0-9a-f]{12}\b|\bNEW-\d+\b", "ID", command)
    return re.sub(r"\b10\.\d+\.\d+\.\d+\b|\bADDRESS-\d+\b", "ADDRESS", command)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("roll",), 2, "which services are to be rolled?"),
        (("roll", "shpo", "--tag", "two"), 2, "no service shpo"),
        (("roll", "shop", "--all"), 2, "exclude each other"),
        (("roll", "--resume"), 2, "no roll of"),
        (("roll", "--abort", "--resume"), 2, "exclude each other"),
        (("roll", "shop", "--tag", "no-such-tag"), 1, "shop:no-such-tag"),
        (("roll", "shop", "--tag", "two", "--context", "nowhere"), 1, "nowhere"),
        (("roll", "shop", "--tag", "two"), 2, "no terminal to ask on"),
        (("rollback", "stock"), 2, "what stock ran before is not known"),
    ],
)
def test_bad_requests_change_nothing(running: Rolled, words: tuple[str, ...], code: int, said: str) -> None:
    before = {name: running.ids(name, all_=True) for name in ("shop", "stock")}
    done = running.devkit(
        *words,
        *(("--skip-gate",) if words[0] == "roll" else ("--yes",)),
        "--yes" if words == ("roll", "--resume") else "--monitor=1",
        check=False,
    )
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert {name: running.ids(name, all_=True) for name in ("shop", "stock")} == before
    assert subprocess.run(
        ["docker", "container", "inspect", f"{running.name}-devkit-roll"], capture_output=True
    ).returncode


def test_secrets_stay_out_of_the_journal(running: Rolled, tmp_path: Path) -> None:
    secret = "hunter2-of-this-test"
    file = running.folder / "docker-compose.yml"
    file.write_text(
        file.read_text().replace("    labels:\n", "    environment:\n      TOKEN: ${TOKEN}\n    labels:\n", 1)
    )
    (running.folder / ".env").write_text(env(running) + f"TOKEN={secret}\n")
    done = running.devkit("roll", "shop", "--tag", "two", *QUICK)
    assert f"TOKEN={secret}" in docker("inspect", running.ids("shop")[0]).stdout.decode()
    history = running.devkit("roll", "--history").stdout
    assert secret not in done.stdout + done.stderr + history
    reader = (
        docker("create", "--volume", f"{running.name}-devkit-roll:/journal", BASE).stdout.decode().strip()
    )
    try:
        docker("cp", f"{reader}:/journal", str(tmp_path))
    finally:
        docker("rm", reader)
    written = [file.read_text() for file in (tmp_path / "journal").iterdir()]
    assert written
    assert not [text for text in written if secret in text]
