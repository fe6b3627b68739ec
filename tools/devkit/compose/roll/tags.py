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
        text = file.read_text("utf-8") if file.exists() else ""
        lines = text.splitlines(keepends=True)
        for name, value in tags.items():
            _set(lines, name, value)
        wanted = "".join(lines)
        if wanted != text:
            replace_file(file, wanted.encode(), mode=None if file.exists() else 0o600)
    except (OSError, UnicodeDecodeError) as problem:
        raise DevkitError(f"{file} cannot be written: {problem}", fix="set the tags there yourself") from None
    return [name for name, value in tags.items() if f"{name}={value}" not in text.splitlines()]


def _set(lines: list[str], name: str, value: str) -> None:
    form = re.compile(rf"(\s*(?:export\s+)?{re.escape(name)}\s*[=:]\s*).*")
    found = [index for index, line in enumerate(lines) if form.match(line)]
    if found:
        lines[found[-1]] = form.sub(rf"\g<1>{value}", lines[found[-1]].rstrip("\r\n")) + "\n"
        return
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines.append(f"{name}={value}\n")
