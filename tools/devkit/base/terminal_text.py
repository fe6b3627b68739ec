"""Text of others for a terminal: whatever could steer it is left out."""

from __future__ import annotations

import re

__all__ = ["CONTROLS", "ESCAPES", "one_line", "readable_lines"]

# Colours and styles (SGR), by name; and what else terminals obey: titles and other strings (OSC, DCS …), CSI, two characters.
ESCAPES = re.compile(
    r"(?P<style>\x1b\[[0-9;:]*m)|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|\x1b"
)
# All but the tab and the escape.
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """Text that stays on its line, without colours."""
    return CONTROLS.sub("", ESCAPES.sub("", text.replace("\n", " "))).expandtabs(1)


def readable_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(CONTROLS.sub("", ESCAPES.sub("", line)) for line in text.split("\n"))
