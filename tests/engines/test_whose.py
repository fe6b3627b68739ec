"""A command acts on this clone's platform and on no other, and what is this clone's is found without its state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from devkit.base.paths import STATE_FOLDER
from devkit.base.process_identity import describe

from tests.support.demo import IN_A_TERMINAL, Demo, alive, demo, family, until


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("first") / "clone") as made:
        yield made


@pytest.fixture
def second(first: Demo, tmp_path: Path) -> Iterator[Demo]:
    """A clone of the same repository: the same ports."""
    root = tmp_path / "second"
    shutil.copytree(first.root, root, ignore=shutil.ignore_patterns(".devkit", "k8s"))
    made = Demo(root, first.ports)
    yield made
    made.devkit("down", check=False)


def test_nothing_of_a_stopped_clone_reaches_another_on_its_ports(first: Demo, second: Demo) -> None:
    first.is_up()
    second.devkit("secrets", "init")
    for command in (
        "status", "db migrate", "db seed", "db status", "db reset --yes", "restart hello", "debug --status",
    ):  # fmt: skip
        done = second.devkit(*command.split(), check=False)
        assert done.returncode in (1, 5), command
        assert "nothing runs in this clone" in done.stderr, command
        assert "./devkit up" in done.stderr
    assert "nothing ran in this clone" in second.devkit("down").stderr
    assert first.get("hello")["version"] == 1
    assert first.devkit("status").returncode == 0


def test_its_server_says_whose_it_is(first: Demo) -> None:
    first.is_up()
    with psycopg.connect(first.database_url()) as connection:
        row = connection.execute("show cluster_name").fetchone()
    identity = json.loads((first.root / ".devkit/clone.json").read_text())
    assert row == (f"devkit-{identity['id']}",)


def test_migrations_stay_out_of_another_clones_server(first: Demo, second: Demo) -> None:
    """Even where the port says that it is ours: the second clone's supervisor is told that its own Postgres is off."""
    from devkit.base.errors import DevkitError
    from devkit.database import migrating, operations
    from devkit.database.server import WaitPolicy

    first.is_up()
    folder = second.root / "migrations"
    for act in (
        lambda: migrating.migrate(first.database_url(), folder, WaitPolicy(server="devkit-another")),
        lambda: operations.seed(
            first.database_url(), second.root / "dev/seed", WaitPolicy(server="devkit-another")
        ),
        lambda: operations.wipe(first.database_url(), WaitPolicy(server="devkit-another")),
        lambda: operations.status(first.database_url(), folder, WaitPolicy(server="devkit-another")),
    ):
        with pytest.raises(DevkitError, match="another clone's: nothing was done in it"):
            act()


def test_a_copy_of_a_running_clone_harms_nobody(first: Demo, tmp_path: Path) -> None:
    first.is_up()
    copy = Demo(tmp_path / "copy", first.ports)
    subprocess.run(["cp", "-a", first.root, copy.root], check=True)
    for command in (
        "status", "down", "logs", "restart hello", "db status", "db migrate", "up --detach", "debug --status",
    ):  # fmt: skip
        done = copy.devkit(*command.split(), check=False)
        assert done.returncode == 5, command
        assert str(first.root) in done.stderr, command
    assert first.devkit("status").returncode == 0
    assert "project.clone" in copy.devkit("doctor", check=False).stdout
    assert copy.devkit("reset", "--yes").returncode == 0
    assert not (copy.root / ".devkit/postgres").exists()
    assert first.devkit("status").returncode == 0
    assert "nothing runs in this clone" in copy.devkit("status", check=False).stderr


def test_a_copy_is_taken_over(first: Demo, tmp_path: Path) -> None:
    """Postgres's lock in it names a process that runs, on other data."""
    first.is_up()
    with psycopg.connect(first.database_url(), autocommit=True) as connection:
        connection.execute("insert into notes (text) values ('from the first') on conflict do nothing")
        connection.execute("checkpoint")
    copy = Demo(tmp_path / "copy", first.ports)
    subprocess.run(["cp", "-a", first.root, copy.root], check=True)
    assert (copy.root / ".devkit/postgres/postmaster.pid").exists()
    copy.devkit("up", "--detach", "--take-over", "--port-offset", "100")
    try:
        assert copy.get("hello", offset=100)["version"] == 1
        assert first.get("hello")["version"] == 1
        url = copy.database_url().replace(str(copy.ports["postgres"]), str(copy.ports["postgres"] + 100))
        with psycopg.connect(url) as connection:
            assert ("from the first",) in connection.execute("select text from notes").fetchall()
    finally:
        copy.devkit("down")
    assert first.devkit("status").returncode == 0
    copy.devkit("up", "--detach", "--port-offset", "100")  # once is enough
    copy.devkit("down")


@pytest.mark.parametrize("how", ["running", "stopped by Ctrl-Z"])
def test_down_without_any_state(first: Demo, how: str) -> None:
    first.is_up()
    members = family(first)
    if how != "running":
        members[0].suspend()
    shutil.rmtree(first.root / ".devkit")
    assert f"pid {members[0].pid}" in first.devkit("status", check=False).stderr
    up = first.devkit("up", "--detach", check=False)
    assert up.returncode == 1
    assert f"already runs in this clone (pid {members[0].pid})" in up.stderr
    done = first.devkit("down")
    assert "stopped" in done.stderr
    assert alive(members) == []
    assert "nothing ran" in first.devkit("down").stderr


def test_down_without_state_and_supervisor(first: Demo) -> None:
    first.is_up()
    members = family(first)
    fork_server = members[0].children()[0]
    members[0].suspend()
    fork_server.kill()
    members[0].kill()
    shutil.rmtree(first.root / ".devkit")
    assert alive(members[2:])
    assert "its processes are left" in first.devkit("status", check=False).stderr
    first.devkit("down")
    assert alive(members) == []


@pytest.mark.parametrize("how", ["deleted", "deleted but for its state", "moved"])
def test_a_platform_ends_with_its_folder(first: Demo, tmp_path: Path, how: str) -> None:
    root = tmp_path / "short-lived"
    shutil.copytree(first.root, root, ignore=shutil.ignore_patterns(".devkit", "k8s"))
    first.devkit("down")
    platform = Demo(root, first.ports)
    platform.up()
    members = family(platform)
    if how == "moved":
        root.rename(tmp_path / "elsewhere")
    elif how == "deleted but for its state":
        for entry in root.iterdir():
            if entry.name != STATE_FOLDER:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    else:  # as `rm -rf` does: it goes on where something was written behind its back, and leaves that
        shutil.rmtree(root, ignore_errors=True)
    until(lambda: not alive(members), what="the end of everything")
    if how != "moved" and root.exists():
        assert [entry.name for entry in root.iterdir()] == [STATE_FOLDER]
        shutil.rmtree(root)
    assert not root.exists(), "nothing is written where the clone was"
    if how == "moved":
        moved = Demo(tmp_path / "elsewhere", first.ports)
        moved.up()
        assert moved.get("hello")["version"] == 1
        moved.devkit("down")


def test_a_reused_number_is_nobodys(first: Demo) -> None:
    """A state whose numbers have been given to others: they are left alone."""
    first.is_up()
    first.devkit("down")
    path = first.root / ".devkit/run.json"
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as bystander:
        identity = describe(bystander.pid)
        assert identity
        state = json.loads(path.read_text())
        for started in (identity.started - 1, 1):
            state |= {"pid": bystander.pid, "started": started, "children": {str(bystander.pid): started}}
            path.write_text(json.dumps(state))
            assert "nothing ran" in first.devkit("down").stderr
            assert bystander.poll() is None
        state |= {"boot": "another", "started": identity.started}
        path.write_text(json.dumps(state))
        assert "nothing ran" in first.devkit("down").stderr
        assert bystander.poll() is None
        bystander.kill()


def test_the_state_of_a_version_before(first: Demo) -> None:
    """A clone made before it had an identity: nothing is asked of its user."""
    first.is_up()
    first.devkit("down")
    (first.root / ".devkit/clone.json").unlink()
    old = {"pid": os.getpid(), "offset": 0, "database_url": None, "children": {str(os.getpid()): 1.5}}
    (first.root / ".devkit/run.json").write_text(json.dumps(old))
    assert "nothing runs in this clone" in first.devkit("status", check=False).stderr
    first.up()
    assert first.devkit("status").returncode == 0


def test_a_closed_terminal_and_nohup(first: Demo) -> None:
    first.devkit("down")
    for before, ends in ((IN_A_TERMINAL, True), (("nohup",), False)):
        process = subprocess.Popen(
            [*before, *first.command("up")], env=first.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: first.devkit("status", check=False).returncode == 0)
        process.send_signal(signal.SIGHUP)
        if ends:
            until(lambda process=process: process.poll() is not None)  # type: ignore[misc]
        else:
            assert first.devkit("status").returncode == 0
            first.devkit("down")
            until(lambda process=process: process.poll() is not None)  # type: ignore[misc]
