"""`devkit remove service`: the row, whoever waits for it, its secrets, its folder and its tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.names import unknown_service
from devkit.model import Service
from devkit.scaffold.change import Change, read_text
from devkit.scaffold.files import code_of, mentions_in_code, uncommitted
from devkit.scaffold.rows import Rows

__all__ = ["Removal", "removal"]


@dataclass(frozen=True)
class Removal:
    """What is about to go. `unsaved`: files among them that git does not have."""

    change: Change
    callers: tuple[str, ...]
    secrets: tuple[str, ...]
    unsaved: tuple[str, ...]


def removal(root: Path, name: str, *, keep_files: bool = False) -> Removal:
    """Plans it; nothing is deleted yet.

    Raises DevkitError (exit 2) for an unknown service, or one that others cannot simply do without.
    """
    text, table = read_text(root)
    if name not in table.services:
        raise unknown_service(name, list(table.services))
    rows = Rows(text)
    needed = [each for each in rows.mentions(name) if not each.listed and each.path[1] != name]
    if needed:
        places = "\n        ".join(
            f"dev/services.yaml:{each.line}: {'.'.join(map(str, each.path))}" for each in needed
        )
        raise DevkitError(
            f"`{name}` is named where it cannot simply be taken out of a list:\n        {places}",
            fix="name another service there, or delete those lines, then remove it",
            exit_code=ExitCode.USAGE,
        )
    named = [str(each.path[1]) for each in rows.mentions(name) if each.path[0] == "services"]
    callers = tuple(dict.fromkeys(other for other in named if other != name))
    service = table.services[name]
    others = [other for other in table.services.values() if other.name != name]
    kept = {secret for other in others for secret in (*other.secrets, *_named(other))}
    secrets = tuple(secret for secret in (*service.secrets, *_named(service)) if secret not in kept)
    edited = rows.remove(name)
    for secret in secrets:
        edited = Rows(edited).remove_secret(secret)
    gone = [] if keep_files else code_of(root, table, service)
    notes = mentions_in_code(root, table, [service.url_variable], gone)
    return Removal(
        Change(edited, deleted=gone, notes=notes), callers, secrets, tuple(uncommitted(root, gone))
    )


def _named(service: Service) -> tuple[str, ...]:
    """Secrets that keys of its type name."""
    return tuple(str(service.options[key]) for key in service.type.keys.secrets if key in service.options)
