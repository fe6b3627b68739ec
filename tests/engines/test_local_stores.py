"""An embedded database that cannot start: what it says, what doctor says, and that the fixes work while it is tried again."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from devkit.base.versions import version_in
from devkit.types.postgres.server import postgres_command
from devkit.types.redis.aof import Damage, aof_of, damage, repair

from tests.support.demo import Demo, demo, until
from tests.support.polling import PATIENCE
from tests.support.storage import free_port


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("other", "redis", "postgres")
        made.devkit("down")
        yield made


@pytest.fixture(autouse=True)
def stopped(platform: Demo) -> Iterator[None]:
    yield
    platform.devkit("down", check=False)


def up(platform: Demo) -> str:
    """Starts the databases. What `up` said where they do not come up."""
    return platform.devkit("up", "--detach", "redis", "postgres", check=False).stderr


def findings(platform: Demo, *options: str) -> dict[str, dict[str, Any]]:
    done = platform.devkit(
        "doctor", "--engine", "local", "--only", "local", "--json", *options, check=False, PIP_NO_INDEX="1"
    )
    report = json.loads(done.stdout)
    return {each["id"]: each for each in report["findings"] if each["severity"] != "note"}


def becomes(platform: Demo, name: str, state: str = "ready") -> None:
    until(lambda: platform.statuses()[name]["state"] == state, what=f"that {name} is {state}")


def log_of(platform: Demo, name: str) -> str:
    return (platform.root / f".devkit/logs/{name}.log").read_text()


def test_a_lock_whose_number_another_process_has(platform: Demo) -> None:
    with subprocess.Popen(["sleep", "100000"]) as bystander:
        lock = platform.root / ".devkit/postgres/postmaster.pid"
        lock.write_text(f"{bystander.pid}\n{lock.parent}\n")
        assert up(platform).count("did not come up") == 0
        assert platform.statuses()["postgres"]["state"] == "ready"
        said = f"devkit: removed the lock of a killed run: it names pid {bystander.pid}, which is sleep today"
        assert said in log_of(platform, "postgres")
        assert bystander.poll() is None
        bystander.kill()


def test_a_postgres_that_devkit_did_not_start(platform: Demo) -> None:
    foreign = postgres_command(platform.root, free_port())
    argv = [str(part) for part in foreign["argv"]]  # type: ignore[attr-defined]
    with subprocess.Popen(
        argv, cwd=platform.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as other:
        until(lambda: "ready" in (platform.root / ".devkit/postgres/postmaster.pid").read_text())
        said = up(platform)
        assert f"another Postgres (pid {other.pid}) runs on .devkit/postgres" in said
        status = crashed(platform, "postgres")
        assert "./devkit doctor tells why" in status["detail"]
        assert "when a file changes" not in status["detail"]
        found = findings(platform)
        assert list(found) == ["local.data.taken"]
        subprocess.run(shlex.split(found["local.data.taken"]["fix"]), check=True)
        other.wait(PATIENCE)
        becomes(platform, "postgres")
    assert findings(platform) == {}


def crashed(platform: Demo, name: str) -> dict[str, Any]:
    """Its status while it is not being tried again, which it is every now and then."""

    def look() -> dict[str, Any] | None:
        status: dict[str, Any] = platform.statuses()[name]
        return status if status["state"] == "crashed" else None

    found = until(look, what=f"{name} to have crashed")
    assert found is not None
    return found


def damage_aof(platform: Demo) -> Path:
    """Writes three keys, stops, and damages the file between the first and the others."""
    assert "did not come up" not in up(platform)
    with redis.Redis(port=platform.ports["redis"], socket_timeout=10) as client:
        client.flushall()
        for name in ("first", "second", "third"):
            client.set(name, "kept")
    platform.devkit("down")
    folder = platform.root / ".devkit/redis"
    (file,) = (p for p in folder.rglob("*.aof") if b"second" in p.read_bytes())
    content = file.read_bytes()
    at = content.index(b"second") - 4
    file.write_bytes(content[:at] + b"XX" + content[at:])
    return file


def test_a_damaged_append_only_file(platform: Demo) -> None:
    file = damage_aof(platform)
    before = file.read_bytes()
    assert list(findings(platform)) == ["local.append-only.damaged"]  # before anything runs
    assert "redis did not come up" in up(platform)
    assert "./devkit doctor tells why" in crashed(platform, "redis")["detail"]
    found = findings(platform)
    assert list(found) == ["local.append-only.damaged"]
    assert (
        "is damaged, and Redis does not start with it: Expected"
        in found["local.append-only.damaged"]["message"]
    )
    done = platform.devkit(
        "doctor", "--engine", "local", "--only", "local", "--fix", "--yes", check=False, PIP_NO_INDEX="1"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    becomes(platform, "redis")
    with redis.Redis(port=platform.ports["redis"], socket_timeout=10, decode_responses=True) as client:
        assert client.keys() == ["first"]
    copies = [p for p in (platform.root / ".devkit/redis").rglob("*") if "damaged-" in str(p) and p.is_file()]
    assert any(copy.read_bytes() == before for copy in copies)
    assert findings(platform) == {}


_REDIS_7 = """\
#!/bin/sh
case "$1" in --fix) exec truncate -s {good} "${{2%manifest}}1.incr.aof";; esac
[ "$(wc -c < "${{1%manifest}}1.incr.aof")" = {good} ] && exit 0
echo "Start checking Multi Part AOF"
echo "Start to check INCR files."
echo "0x              {good:x}: {why}"
echo "AOF analyzed: filename=appendonly.aof.1.incr.aof, size={size}, ok_up_to={good}, ok_up_to_line=7, diff={lost}"
echo "AOF appendonly.aof.1.incr.aof is not valid. Use the --fix option to try fixing it."
exit 1
"""


def redis_7(folder: Path, good: int, size: int, why: str) -> Path:
    """PATH's, where it is one of those; else a stand-in that answers as 7.0.15 does about just one file."""
    program = shutil.which("redis-server")
    if program:
        said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        if (version_in(said) or (0,))[0] >= 7:
            return Path(program)
    path = folder / "redis-7"
    path.write_text(_REDIS_7.format(good=good, size=size, lost=size - good, why=why))
    path.chmod(0o755)
    return path


def test_a_damaged_file_of_redis_7(tmp_path: Path) -> None:
    """A folder with a list of files."""
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    (folder / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    file = folder / "appendonly.aof.1.incr.aof"
    one = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
    damaged = one + one[:4] + b"XX" + one[4:]
    file.write_bytes(one + one[:-5])
    program = redis_7(tmp_path, len(one), 2 * len(one) - 5, "Expected \\r\\n, got: 0000")
    assert damage(program, tmp_path) is None
    file.write_bytes(damaged)
    assert aof_of(tmp_path) == folder / "appendonly.aof.manifest"
    program = redis_7(tmp_path, len(one), 2 * len(one) + 2, "Expected prefix '$', got: 'X'")
    assert damage(program, tmp_path) == Damage("Expected prefix '$', got: 'X'", len(one) + 2)
    copy = repair(program, tmp_path)
    assert file.read_bytes() == one
    assert (copy / file.name).read_bytes() == damaged


def test_one_that_was_cut_short_is_not_called_damaged(platform: Demo) -> None:
    """Redis leaves out the command that is not complete."""
    file = damage_aof(platform)
    whole = file.read_bytes().replace(b"XX", b"")
    file.write_bytes(whole[: whole.index(b"third") - 2])
    assert findings(platform) == {}
    assert "did not come up" not in up(platform)


def test_data_that_others_may_read(platform: Demo) -> None:
    data = platform.root / ".devkit/postgres"
    data.chmod(0o755)
    assert "postgres did not come up" in up(platform)
    assert list(findings(platform)) == ["local.data.mode"]
    platform.devkit("doctor", "--engine", "local", "--only", "local", "--fix", "--yes", PIP_NO_INDEX="1")
    becomes(platform, "postgres")


def test_data_without_its_control_file(platform: Demo) -> None:
    """Nothing looks for that: the last line is told."""
    control = platform.root / ".devkit/postgres/global/pg_control"
    control.rename(control.with_name("away"))
    try:
        assert "postgres did not come up" in up(platform)
        found = findings(platform)
        assert list(found) == ["local.starts.postgres"]
        assert "postgres does not start" in found["local.starts.postgres"]["message"]
        assert "pg_control" in found["local.starts.postgres"]["message"]
        assert "./devkit logs postgres" in found["local.starts.postgres"]["fix"]
    finally:
        control.with_name("away").rename(control)
    becomes(platform, "postgres")


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"), reason="needs root, to mount a small disk"
)
def test_a_full_disk(tmp_path: Path) -> None:
    """initdb names the disk, and the platform comes up once there is space."""
    with demo(tmp_path / "clone") as platform:
        state = platform.root / ".devkit"
        state.mkdir(mode=0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", state], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"needs the right to mount: {mounted.stderr.strip()}")
        try:
            said = up(platform)
            assert "the disk of .devkit is full" in said
            assert f"free on {state}" in said
            assert "ordinary user" not in said
            until(
                lambda: not list(state.glob("postgres-*")),
                what="that nothing half done is left, between two attempts",
            )
            found = findings(platform)
            assert list(found) == ["local.starts.postgres"]
            assert "the disk is full" in found["local.starts.postgres"]["message"]
            assert "free some space" in found["local.starts.postgres"]["fix"]
            subprocess.run(["mount", "-o", "remount,size=300m", state], check=True)
            becomes(platform, "db-migrate", "done")  # it makes the database, once the server answers
            with psycopg.connect(platform.database_url()) as connection:
                connection.execute("select 1")
        finally:
            platform.devkit("down", check=False)
            subprocess.run(["umount", state], check=True)
