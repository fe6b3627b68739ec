"""One line that says what is going on, on a terminal alone; it leaves nothing behind but what is noted."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from devkit.base.console import in_foreground, say

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["Progress"]


class Progress:
    """A spinner with words on standard error; silent where that is no terminal.

    >>> with Progress("checking") as progress:
    ...     progress.say("checked 3 of 9")
    """

    def __init__(self, words: str) -> None:
        self._words = words
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        plain = os.environ.get("TERM") == "dumb" or os.environ.get("CI")
        if sys.stderr.isatty() and not plain and in_foreground(2):
            from rich.console import Console
            from rich.status import Status

            self._status = Status(self._words, console=Console(stderr=True), spinner="line")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, words: str) -> None:
        """Changes the text."""
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(words))

    def note(self, words: str) -> None:
        """A line that stays, above the moving one; also where there is no terminal."""
        if self._status is None:
            say(words)
        else:
            self._status.console.print(words, markup=False, highlight=False, soft_wrap=True)
