"""The one error class. It is raised anywhere and caught in one place, `devkit.cli.main`."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["DevkitError", "ExitCode"]


class ExitCode(IntEnum):
    """What a process that called devkit learns from it."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    TOOL_MISSING = 3
    CLUSTER_UNREACHABLE = 4
    REFUSED = 5


class DevkitError(Exception):
    """Something the user can fix: what happened, and how to fix it.

    >>> raise DevkitError("port 3000 is taken by nginx (pid 7)", fix="stop it, or use --port-offset 100")
    Traceback (most recent call last):
    devkit.base.errors.DevkitError: port 3000 is taken by nginx (pid 7)
    """

    def __init__(
        self, message: str, *, fix: str | None = None, exit_code: ExitCode = ExitCode.CHECK_FAILED
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.exit_code = exit_code
