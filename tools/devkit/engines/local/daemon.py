"""What `up` checks first, and its start as a daemon. Light: it imports nothing of what it starts."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.engines.local.client import is_running
from devkit.engines.local.logfile import log_path
from devkit.engines.local.state import already_runs

__all__ = ["checked_database_url", "run_detached"]

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


def run_detached(root: Path, run: Callable[[], int], meanwhile: Callable[[], None]) -> None:
    """Runs `run` as a daemon, forked from this process, and returns once its control socket answers.

    `meanwhile` is called here while it starts.

    Raises DevkitError with its last words and its exit code when it ends before.
    """
    if is_running(root):
        raise already_runs(root)
    log = log_path(root, "supervisor")
    words_from = log.stat().st_size if log.exists() else 0
    pid = os.fork()
    if pid == 0:
        _become_daemon(root, log, run)

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


def _become_daemon(root: Path, log: Path, run: Callable[[], int]) -> NoReturn:
    """In the child: a session of its own, nothing of the terminal, errors to the log."""
    code: int = ExitCode.CHECK_FAILED
    try:
        os.setsid()
        os.chdir(root)
        null = os.open(os.devnull, os.O_RDWR)
        errors = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for target, source in ((0, null), (1, null), (2, errors)):
            os.dup2(source, target)
        code = run()
    except DevkitError as problem:
        sys.stderr.write(problem.message + (f"\n    → {problem.fix}" if problem.fix else "") + "\n")
        code = problem.exit_code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
