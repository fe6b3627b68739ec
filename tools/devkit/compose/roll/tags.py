"""Tags in the env file: after a roll, plain `docker compose up` must find what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.files import replace_file

__all__ = ["write_tags"]


def write_tags(file: Path, tags: Mapping[str, str]) -> list[str]:
    """Sets variables in an env file, each in its last line or in a new one. Returns the names of those that changed.

    Raises DevkitError, with the file as it was.
    """
    try:
        lines = file.read_text("utf-8").splitlines(keepends=True) if file.exists() else []
        changed = [name for name, value in tags.items() if _set(lines, name, value)]
        if changed:
            replace_file(file, "".join(lines).encode(), mode=None if file.exists() else 0o600)
    except (OSError, UnicodeDecodeError) as problem:
        raise DevkitError(f"{file} cannot be written: {problem}", fix="set the tags there yourself") from None
    return changed


def _set(lines: list[str], name: str, value: str) -> bool:
    """Whether that changed anything."""
    form = re.compile(rf"(\s*(?:export\s+)?{re.escape(name)}\s*[=:]\s*).*")
    found = [index for index, line in enumerate(lines) if form.match(line)]
    if found:
        last, before = found[-1], lines[found[-1]]
        lines[last] = form.sub(rf"\g<1>{value}", before.rstrip("\r\n")) + "\n" * before.endswith("\n")
        return lines[last] != before
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines.append(f"{name}={value}\n")
    return True
