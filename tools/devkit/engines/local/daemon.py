"""What `up` checks first, and its start as a daemon. Light: it imports nothing of what it starts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

from devserve.libraries import refuse_cut_off_libraries
from devserve.starting import SPAWN_VARIABLE, interpreter, spawns
from launcher.in_use import hold

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import code_folders
from devkit.base.polling import attempts
from devkit.engines.local.client import is_running
from devkit.engines.local.logfile import log_path
from devkit.engines.local.state import already_runs
from devkit.engines.protocol import UpRequest

__all__ = ["checked_database_url", "checked_spawning", "main", "run_detached"]

# Seconds that the daemon gets to open its control socket.
_DAEMON_DEADLINE = 30.0


def checked_database_url(url: str | None) -> str | None:
    """The flag's value. Raises DevkitError (exit 2) when it carries a password: arguments are readable by everyone."""
    if not url:
        return url
    form = "postgresql://USER@HOST:PORT/DATABASE"
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        complete = parts.scheme in ("postgresql", "postgres") and parts.hostname and len(parts.path) > 1
        complete = complete and (parts.port is None or parts.port > 0)
    except ValueError:
        raise DevkitError("--database-url is not a URL", fix=form, exit_code=ExitCode.USAGE) from None
    if parts.password or {"password", "passfile"} & query.keys():
        raise DevkitError(
            "a password does not belong on the command line",
            fix="./devkit secrets set DATABASE_URL asks for the whole URL and keeps it in secret.yaml",
            exit_code=ExitCode.USAGE,
        )
    if not complete:
        raise DevkitError(f"--database-url {url} is not complete", fix=form, exit_code=ExitCode.USAGE)
    return url


def checked_spawning() -> bool:
    """Whether services are started as fresh interpreters. Raises DevkitError (exit 2) when the shell says it unclearly."""
    try:
        return spawns()
    except ValueError as problem:
        raise DevkitError(
            str(problem),
            fix=f"unset {SPAWN_VARIABLE}: devkit forks, and spawns on macOS",
            exit_code=ExitCode.USAGE,
        ) from None


def run_detached(root: Path, wanted: UpRequest, *, spawning: bool, meanwhile: Callable[[], None]) -> None:
    """Runs what is wanted as a daemon and returns once its control socket answers.

    `meanwhile` is called here while it starts. `spawning`: the daemon, too, is a fresh interpreter, else a fork.

    Raises DevkitError with its last words and its exit code when it ends before.
    """
    if is_running(root):
        raise already_runs(root)
    log = log_path(root, "supervisor")
    words_from = log.stat().st_size if log.exists() else 0
    pid = (_spawned if spawning else _forked)(root, log, wanted)

    def words() -> str:
        return log.read_bytes()[words_from:].decode("utf-8", "replace").strip()

    meanwhile()
    for _ in attempts(_DAEMON_DEADLINE, 0.01):
        if is_running(root):
            break
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            raise DevkitError(
                words().removeprefix("devkit: ") or "the supervisor ended at once",
                exit_code=ExitCode(code) if code in set(ExitCode) else ExitCode.CHECK_FAILED,
            )
    else:
        os.kill(pid, signal.SIGTERM)
        raise DevkitError("the supervisor does not answer", fix=f"see {log.relative_to(root)}")
    if said := words():
        say(said)


def _forked(root: Path, log: Path, wanted: UpRequest) -> int:
    """The daemon as a fork: nothing has to be imported again. Its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.chdir(root)
            null = os.open(os.devnull, os.O_RDWR)
            errors = _opened(log)
            for target, source in ((0, null), (1, null), (2, errors)):
                os.dup2(source, target)
        except BaseException:
            traceback.print_exc()
            os._exit(ExitCode.CHECK_FAILED)
        _run(root, wanted, spawning=False)
    return pid


def _spawned(root: Path, log: Path, wanted: UpRequest) -> int:
    """The daemon as a fresh interpreter, which is told on its input what is wanted. Its pid."""
    errors = _opened(log)
    try:
        process = subprocess.Popen(
            [*interpreter("devkit.engines.local.daemon"), *code_folders()], cwd=root, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(errors)
    process.returncode = 0  # it is waited for by its pid, and not here
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as told:
        json.dump({"root": str(root), "wanted": asdict(wanted)}, told)
    return process.pid


def main() -> NoReturn:
    """`python -m devkit.engines.local.daemon FOLDER…`: imports from those folders, and is told on its input what to run."""
    sys.path[1:1] = sys.argv[1:]
    hold(sys.prefix)
    refuse_cut_off_libraries()
    told = json.load(sys.stdin)
    with open(os.devnull, "rb") as null:  # noqa: PTH123
        os.dup2(null.fileno(), 0)
    wanted = UpRequest(**told["wanted"] | {"services": tuple(told["wanted"]["services"])})
    _run(Path(told["root"]), wanted, spawning=True)


def _opened(log: Path) -> int:
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _run(root: Path, wanted: UpRequest, *, spawning: bool) -> NoReturn:
    """In the daemon, a session of its own with nothing of the terminal, and with the log for errors."""
    code: int = ExitCode.CHECK_FAILED
    try:
        from devkit.engines.local.start import run_here

        code = run_here(root, wanted, spawning=spawning)
    except DevkitError as problem:
        sys.stderr.write(problem.message + (f"\n    → {problem.fix}" if problem.fix else "") + "\n")
        code = problem.exit_code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
