"""All output to the terminal. Colour only on a terminal, without NO_COLOR, and not in CI."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence

__all__ = [
    "ask",
    "colour_wanted",
    "drop_output",
    "emit",
    "in_foreground",
    "is_terminal",
    "print_table",
    "say",
    "styled",
    "warn",
    "write_anything",
]

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


def is_terminal() -> bool:
    """Whether standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def in_foreground(descriptor: int = 1) -> bool:
    """Whether a terminal is this job's to paint on; a job in the background (`&`, `bg`) would paint over the shell."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # no jobs on that one
        return True


def colour_wanted() -> bool:
    """https://no-color.org, and nothing fancy in CI or a pipe."""
    return is_terminal() and not os.environ.get("NO_COLOR")


def styled(text: str, *styles: str) -> str:
    """The text in the named styles, or plain where colour is not wanted."""
    if not styles or not colour_wanted():
        return text
    return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m"


def emit(text: str) -> None:
    """A result, on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Progress, on standard error, so that results can be piped."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def warn(message: str, fix: str | None = None) -> None:
    """A message with its fix below it, on standard error."""
    say(f"devkit: {message}" + (f"\n    → {fix}" if fix else ""))


def write_anything() -> None:
    """A terminal or pipe that cannot show a character shows its escape instead of ending the command; a stream that the
    caller has closed leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """The reader of standard output has gone: later writes must not fail, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their content, two spaces apart; the same bytes whatever the terminal's width."""
    table = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for index, row in enumerate(table):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        emit(styled(line, "bold") if index == 0 else line)


def ask(question: str) -> bool:
    """Asks on the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
