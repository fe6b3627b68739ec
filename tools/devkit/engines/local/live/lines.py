"""What a service wrote, as text with colours: whatever else it could tell a terminal is left out."""

from __future__ import annotations

import re

from rich.text import Text

__all__ = ["readable"]

# Colours and styles (SGR), kept; and what else terminals obey: titles and other strings (OSC, DCS …), CSI, two characters.
_ESCAPES = re.compile(
    r"(?P<style>\x1b\[[0-9;:]*m)|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|\x1b"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]")


def readable(line: str) -> Text:
    """One line. Of one that was written over again and again (a progress bar) the last state."""
    kept = _ESCAPES.sub(lambda found: found["style"] or "", line.rstrip("\r").rpartition("\r")[2])
    return Text.from_ansi(_CONTROLS.sub("", kept).expandtabs(8), no_wrap=True)
