"""Every secret value that this clone or this shell holds, so that none of them leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.model import Table
from devkit.secrets.file import load_document, secret_file
from devkit.secrets.redact import Redactor

__all__ = ["clone_redactor", "is_secret_name", "known_secrets", "public_values"]

# A file that is not YAML still holds values: whatever follows a name and a colon counts as one.
_ENTRY = re.compile(r"^[ \t]*[\"']?\w+[\"']?[ \t]*:[ \t]*[\"'\[{]*(.+?)[\"'\]},]*[ \t]*$", re.M)
_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|DSN", re.I
)
_PROSE = frozenset({"v1", "Secret", "Opaque", "true", "false", "null", "yes", "no", "on", "off", "0", "1"})


def clone_redactor(
    root: Path, table: Table | None, environ: Mapping[str, str], more: Iterable[str] = ()
) -> Redactor:
    """Takes out every secret that `known_secrets` finds, and `more`."""
    return Redactor({*known_secrets(root, table, environ), *more}, public_values(table))


def public_values(table: Table | None) -> set[str]:
    """Development values that the table gives in clear, for all to read."""
    return {secret.default for secret in table.secrets.values() if secret.default} if table else set()


def known_secrets(root: Path, table: Table | None, environ: Mapping[str, str]) -> set[str]:
    """Values of the secrets' file, even of a broken one, and of variables that the table or their name calls secret.

    Not to be shown.
    """
    found: set[str] = set()
    try:
        found.update(load_document(root).values.values())
    except (DevkitError, OSError):
        try:
            text = secret_file(root).read_text("utf-8", "replace")
        except OSError:
            text = ""
        found.update(match[1] for match in _ENTRY.finditer(text))
    names = set(table.secrets) if table else set()
    for name, value in environ.items():
        if name in names or is_secret_name(name):
            found.add(value)
    return {value for value in found if value.strip() and value not in _PROSE and not _is_path(value)}


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    return bool(_SECRET_NAME.search(name)) or name in ("DATABASE_URL", "REDIS_URL")


def _is_path(value: str) -> bool:
    """`AWS_WEB_IDENTITY_TOKEN_FILE` and its like say where a secret is, which is not a secret."""
    try:
        return value.startswith("/") and Path(value).exists()
    except OSError:  # too long for a path, as a key in base64 may be
        return False
