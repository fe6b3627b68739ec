"""Postgres and Redis for tests that ask for them: one pair a test process, a fresh database a module."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.base.paths import ROOT_VARIABLE
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support import drawn as drawn  # which examples Hypothesis draws, before a test asks for some
from tests.support.file_systems import CANNOT_MOUNT
from tests.support.platform import ROOT
from tests.support.storage import Postgres, RedisServer, postgres, redis_server


@pytest.fixture(autouse=True)
def _repository_taken_back() -> Iterator[None]:
    """`--root` names a repository for the rest of the process, which the next test shares."""
    before = os.environ.get(ROOT_VARIABLE)
    yield
    if before is None:
        os.environ.pop(ROOT_VARIABLE, None)
    else:
        os.environ[ROOT_VARIABLE] = before


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres server with one migrated database, which others are copied from."""
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(server.template)))
        migrate(server.url(server.template))
        yield server


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def database_url(postgres_server: Postgres) -> str:
    """A migrated database of the module's own."""
    return postgres_server.create(postgres_server.template)


@pytest.fixture(scope="module")
def redis(redis_process: RedisServer) -> RedisServer:
    """The Redis server, emptied."""
    redis_process.empty()
    return redis_process


def migrate(url: str, revision: str = "head", command: str = "upgrade") -> None:
    """Runs Alembic as devkit does: the database comes from the environment alone."""
    config = str(Path(ROOT) / "migrations" / "alembic.ini")
    subprocess.run(
        [sys.executable, "-m", "alembic", "-c", config, command, revision],
        env={"PATH": os.defpath, "DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


# The files that take longest, the longest first; so none of them is what all other processes wait for at the end.
_LONGEST = (
    "staging/test_gate.py",
    "staging/test_rolling.py",
    "staging/test_running.py",
    "roll/test_roll.py",
    "roll/test_killed.py",
    "browser/test_page.py",
    "verify/test_platform.py",
    "verify/test_verify.py",
    "state/test_planted.py",
    "engines/test_local_endings.py",
    "doctor/test_never_crashes.py",
    "launcher/test_launcher.py",
    "launcher/test_repair.py",
    "launcher/test_isolation.py",
    "apps/test_variables.py",
    "cohabitation/test_pairs.py",
    "engines/test_debugging.py",
    "engines/test_saves.py",
    "engines/test_whose.py",
    "apps/test_gateway.py",
    "apps/test_many_deliveries.py",
    "engines/test_deadlines.py",
    "apps/test_webhooks.py",
    "types/test_go_local.py",
    "types/test_node_local.py",
    "engines/test_local_mistakes.py",
    "apps/test_imports.py",
    "apps/test_outages.py",
    "engines/test_local_up.py",
    "engines/test_spawn.py",
    "engines/test_odd_machines.py",
    "apps/test_migrations.py",
    "verify/test_ports.py",
    "devserve/test_endings.py",
    "devserve/test_reload.py",
    "devserve/test_probes.py",
    "commands/test_tunnel.py",
    "engines/test_local_rows.py",
    "commands/test_resources.py",
    "commands/test_test.py",
    "commands/test_debug.py",
    "engines/test_local_stores.py",
)


# Folders whose files share what is started once, and where the last test ends that.
_TOGETHER = ("tests/staging/",)


class _ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of a file, or of a folder whose files belong together, go to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ByFile | None:
    """For `--dist loadfile`."""
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_configure(config: pytest.Config) -> None:
    """A shell's background job ignores Ctrl-C, and so would every program that a test means to end by it."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # xdist would begin with the files that have the most tests
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected outputs under tests/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, where several processes share them: a cluster's tests share a platform, which the last of them
    deletes. Twenty times as many examples take longer than any test may otherwise."""
    if hasattr(config, "workerinput"):
        ranks = {Path(ROOT) / "tests" / name: rank for rank, name in enumerate(_LONGEST)}
        counts = Counter(item.path for item in items)
        items.sort(key=lambda item: (ranks.get(item.path, len(ranks)), -counts[item.path]))
    if config.getoption("--hypothesis-profile") == "soak":
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker(pytest.mark.timeout(3600))


# What no package registry has, and what only the machine can allow; CI runs without it, and says so.
_NOT_IN_CI = ("no `tilt` on PATH", CANNOT_MOUNT)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing is skipped silently: what a test needs is installed there, or the run fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    if any(not any(known in reason for known in _NOT_IN_CI) for reason in skipped):
        reporter.write_line("skipped tests are failures in CI; each says above what it needs", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a test failed that passed when it was tried once more (in CI): it is a defect all the same."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"failed at first: {report.nodeid}")
        terminalreporter.line(report.longreprtext)
