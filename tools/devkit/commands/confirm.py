"""Asking before a command changes anything."""

from __future__ import annotations

import sys

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode

__all__ = ["confirmed", "fix_confirmed"]


def confirmed(question: str, *, yes: bool, without: str = "--yes") -> bool:
    """Whether to go on; no is said. Raises DevkitError (exit 2) where nobody can be asked; `without` are the options that need
    no answer."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise DevkitError(
            "nothing was changed: there is no terminal to ask on",
            fix=f"{without} does it without asking",
            exit_code=ExitCode.USAGE,
        )
    if ask(question):
        return True
    say("devkit: nothing was changed")
    return False


def fix_confirmed(question: str, *, yes: bool) -> bool:
    """The same for `--fix`."""
    return confirmed(question, yes=yes, without="--fix --yes")
