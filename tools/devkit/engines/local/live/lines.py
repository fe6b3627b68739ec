"""What a service wrote, as text with colours: whatever else it could tell a terminal is left out."""

from __future__ import annotations

from rich.text import Text

from devkit.base.terminal_text import CONTROLS, ESCAPES

__all__ = ["readable"]


def readable(line: str) -> Text:
    """One line. Of one that was written over again and again (a progress bar) the last state."""
    kept = ESCAPES.sub(lambda found: found["style"] or "", line.rstrip("\r").rpartition("\r")[2])
    return Text.from_ansi(CONTROLS.sub("", kept).expandtabs(8), no_wrap=True)
