"""Text from other programs, without the passwords that commands and addresses may contain."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["masked_command", "masked_url"]

_USER = re.compile(r"(?<=//)[^/@\s]*@")
_BARE_USER = re.compile(r"^[^/@\s]*:[^/@\s]*@")
_TELLING = re.compile(r"(?i)pass|pwd|secret|token|key|auth|cred|cookie|bearer")
_SHORT = 70


def masked_url(text: str) -> str:
    """An address without user and password: `http://…@proxy:3128`."""
    return _BARE_USER.sub("…@", _USER.sub("…@", " ".join(text.split())[:200]))


def masked_command(argv: Sequence[str]) -> str:
    """A command line on one short line, without what follows words such as `--password`."""
    shown: list[str] = []
    hide = False
    for argument in argv:
        if hide and not argument.startswith("-"):
            shown.append("…")
            hide = False
            continue
        hide = bool(_TELLING.search(argument)) and argument.startswith("-")
        name, equals, _ = argument.partition("=")
        if equals and _TELLING.search(name):
            argument, hide = f"{name}=…", False
        shown.append(masked_url(argument))
    text = " ".join(" ".join(shown).split())
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
