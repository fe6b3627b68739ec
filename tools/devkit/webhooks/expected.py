"""The answers that a call expects: `200,401`, `2xx`."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["parse_expected"]


def parse_expected(text: str) -> frozenset[int]:
    """The statuses that a list of them names. Raises DevkitError (exit 2) for what names none."""
    found: set[int] = set()
    for each in text.split(","):
        word = each.strip().lower()
        if re.fullmatch(r"[1-5]xx", word):
            found |= set(range(int(word[0]) * 100, int(word[0]) * 100 + 100))
        elif re.fullmatch(r"[1-5]\d\d", word):
            found.add(int(word))
        else:
            raise DevkitError(
                f"--expect {text}: {each!r} is no status",
                fix="for example --expect 200,401, or 2xx",
                exit_code=ExitCode.USAGE,
            )
    return frozenset(found)
