"""What is wrong with the secrets' file, without a value in sight."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from devkit.findings import Finding, Place, Severity
from devkit.model import Table
from devkit.render.environment import connections, in_cluster
from devkit.secrets.blank import is_white
from devkit.secrets.file import Document, load_document, secret_file

__all__ = [
    "SHOWN",
    "absent_keys",
    "doubtful_values",
    "in_git",
    "inspect_secrets",
    "open_mode",
    "tracked",
    "unknown_keys",
]

SHOWN = "k8s/dev/secret.yaml"
_INIT = "run ./devkit secrets init"
_PLACEHOLDERS = ("changeme", "change-me", "todo", "xxx", "your-secret-here")


def inspect_secrets(root: Path, table: Table) -> list[Finding]:
    """What is wrong with the file: missing, readable by others, tracked by git, unknown, blank or placeholder keys."""
    if not secret_file(root).exists():
        return [Finding("secrets.missing", Severity.ERROR, "no development secrets yet", Place(SHOWN), _INIT)]
    document = load_document(root)
    return [
        *open_mode(stat.S_IMODE(secret_file(root).stat().st_mode)),
        *tracked(root),
        *absent_keys(table, document),
        *unknown_keys(table, document),
        *doubtful_values(table, document),
    ]


def open_mode(mode: int) -> Iterator[Finding]:
    """Others on this machine can read a file of that mode."""
    if mode & 0o077:
        message = f"others can read it (mode {mode:04o})"
        yield Finding("secrets.mode", Severity.ERROR, message, Place(SHOWN), f"chmod 600 {SHOWN}")


def tracked(root: Path) -> Iterator[Finding]:
    """It is in git."""
    git = shutil.which("git")
    listed = [git, "ls-files", "--", SHOWN] if git else ["true"]
    if subprocess.run(listed, cwd=root, capture_output=True, text=True).stdout.strip():
        yield in_git()


def in_git() -> Finding:
    """What is said of a file that git tracks."""
    fix = f"git rm --cached {SHOWN}, and change every value in it"
    return Finding("secrets.tracked", Severity.ERROR, "git tracks it", Place(SHOWN), fix)


def absent_keys(table: Table, document: Document) -> Iterator[Finding]:
    """The table names them, the file does not."""
    for name in sorted({*table.secrets, *_derived(table, document)} - document.values.keys()):
        if name not in table.secrets or not table.secrets[name].optional:
            yield Finding("secrets.key-missing", Severity.ERROR, f"{name} is missing", Place(SHOWN), _INIT)


def unknown_keys(table: Table, document: Document) -> Iterator[Finding]:
    """The file names them, the table does not."""
    for name in sorted(document.values.keys() - {*table.secrets, *connections(table)}):
        fix = "remove it, or declare it under secrets: in dev/services.yaml"
        place = Place(SHOWN, document.lines[name], 1)
        yield Finding("secrets.unknown", Severity.WARNING, f"no service uses {name}", place, fix)


def doubtful_values(table: Table, document: Document) -> Iterator[Finding]:
    """Values that cannot be meant: empty, white space, more than a line, placeholders, URLs without the password set beside them."""
    derived = _derived(table, document)
    for name, value in document.values.items():
        secret = table.secrets.get(name)
        if secret is None and name not in derived:
            continue
        place = Place(SHOWN, document.lines[name], 1)
        fix = f"run ./devkit secrets set {name}"
        if not value:
            if not (secret and secret.optional):
                yield Finding("secrets.empty", Severity.ERROR, f"{name} is empty", place, _INIT)
        elif is_white(value):
            told = fix + (", or delete the line" if secret and secret.optional else "")
            yield Finding("secrets.blank", Severity.ERROR, f"{name} is white space only", place, told)
        elif not value.isprintable():
            yield Finding("secrets.text", Severity.ERROR, f"{name} is not one line of text", place, fix)
        elif name in derived and derived[name] != value and _same_server(derived[name], value):
            message = f"{name} does not contain the password that is set with it"
            yield Finding("secrets.derived", Severity.ERROR, message, place, fix)
        elif value.strip("<>").lower() in _PLACEHOLDERS:
            yield Finding("secrets.placeholder", Severity.WARNING, f"{name} is a placeholder", place, fix)


def _derived(table: Table, document: Document) -> dict[str, str]:
    return in_cluster(table).connection_urls(document.values)


def _same_server(one: str, other: str) -> bool:
    """A URL that is none is nobody's."""
    try:
        return urlsplit(one).netloc.rpartition("@")[2] == urlsplit(other).netloc.rpartition("@")[2]
    except ValueError:
        return False
