"""Which files Compose reads when nobody names any."""

from __future__ import annotations

from pathlib import Path

from devkit.compose.model import ComposeError, problem
from devkit.compose.reading import Reader
from devkit.compose.variables import Variables
from devkit.findings.model import Place, Severity

__all__ = ["find_files", "has_file"]

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip


def find_files(reader: Reader, variables: Variables, folder: Path) -> list[str]:
    """Those of COMPOSE_FILE, else the first of Compose's names in the folder or the nearest one above it, with its override.
    Raises ComposeError when there is none."""
    listed = variables.value("COMPOSE_FILE")
    if listed is not None:
        return [
            str(reader.absolute(file))
            for file in listed.split(variables.value("COMPOSE_PATH_SEPARATOR") or ":")
        ]
    for place in (folder, *folder.parents):
        found = _first(reader, place, _NAMES)
        if found is not None:
            override = _first(reader, place, _OVERRIDES)
            return [str(found), *([str(override)] if override else [])]
    message, fix = f"no Compose file in {folder} or above it", f"name one with -f, or write {_NAMES[0]}"
    raise ComposeError([problem("no-such-file", message, Place(str(folder)), fix)])


def has_file(folder: Path) -> bool:
    """Whether Compose finds a file in this very folder."""
    return any((folder / name).exists() for name in _NAMES)


def _first(reader: Reader, folder: Path, names: tuple[str, ...]) -> Path | None:
    there = [folder / name for name in names if (folder / name).exists()]
    if len(there) > 1:
        others = ", ".join(path.name for path in there[1:])
        message = f"is read, and not {others} beside it"
        reader.warnings.append(
            problem("several-files", message, Place(reader.shown(there[0])), None, Severity.WARNING)
        )
    return there[0] if there else None
