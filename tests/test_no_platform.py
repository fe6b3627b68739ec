"""The toolkit knows no platform: what Forma3D is stands in the table, apps/, libs/, migrations/ and dev/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.platform import ROOT, table

# Names of services that are the field's own words, or a type's: they say nothing of this platform.
_WORDS = {"postgres", "redis", "web"}
# Lines with a word of the field that is also a service's name: the router of a network's addresses.
_LINES = {("tools/devkit/compose/project_fields.py", '"gateway": TEXT,')}
# Folders of this repository that the toolkit takes from the table.
_FOLDERS = ("migrations", "libs")


def _files() -> Iterator[tuple[str, str]]:
    for path in sorted(Path(ROOT).glob("tools/**/*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def _names() -> set[str]:
    """The platform's names, and each as a Python module and as the beginning of a variable."""
    known = table()
    names = {known["name"], known["namespace"], known["image_prefix"], "forma3d"}
    names |= known["services"].keys() - _WORDS
    return {form for name in names for form in (name, name.replace("-", "_"))}


def test_no_word_of_this_platform_is_under_tools() -> None:
    words = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, sorted(_names())))})(?![\w])", re.IGNORECASE)
    variables = re.compile(rf"\b({'|'.join(name.upper() for name in _names())})_\w+", re.ASCII)
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in _files()
        for number, line in enumerate(text.splitlines(), 1)
        if (path, line.strip()) not in _LINES
        if words.search(line) or variables.search(line) or "forma3d" in f"{path}{line}".lower()
    ]
    assert not found, "say it in dev/services.yaml, or with a neutral name:\n" + "\n".join(found)


def test_no_folder_of_this_platform_is_named_in_code() -> None:
    """As a text of its own, or as the beginning of a path; devkit's own libraries lie beside it, which its launcher knows."""
    quoted = re.compile(rf"""["']({"|".join(_FOLDERS)})["'/]""")
    allowed = {
        # The table's key of that name.
        "tools/devkit/types/postgres/__init__.py", "tools/devkit/table/build.py", "tools/devkit/table/rules/files.py",
        "tools/devkit/table/services.schema.json",
        # The volume of a Job that migrates.
        "tools/devkit/engines/tilt/migrations.py",
        # Where devkit's own signature schemes are.
        "tools/__main__.py",
        # The layers of this repository, which only this one has.
        "tools/imports.py",
    }  # fmt: skip
    found = [path for path, text in _files() if path not in allowed and quoted.search(text)]
    assert not found
