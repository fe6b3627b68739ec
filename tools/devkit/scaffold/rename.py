"""`devkit rename service`: its row and whoever names it, its folder, its package and its tests."""

from __future__ import annotations

from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.names import unknown_service
from devkit.model import Service
from devkit.scaffold.change import Change, checked_table, read_text
from devkit.scaffold.files import code_of, mentions_in_code, replaced_names, text_files
from devkit.scaffold.rows import Rows

__all__ = ["renaming"]


def renaming(root: Path, old: str, new: str) -> Change:
    """Plans it; nothing is written yet. In the service's own files its name and its module are replaced as whole words;
    in others' code they are pointed at, since a variable such as STOCK_SERVICE_URL changes with it.

    Raises DevkitError (exit 2) for an unknown service or a new name that the table refuses.
    """
    text, table = read_text(root)
    if old not in table.services:
        raise unknown_service(old, list(table.services))
    if new in table.services:
        raise DevkitError(
            f"dev/services.yaml has a service `{new}` already",
            fix="choose another name",
            exit_code=ExitCode.USAGE,
        )
    service = table.services[old]
    names = [(old, new), (service.module, new.replace("-", "_"))]
    edited = Rows(text).rename(old, new)
    edited = _type_keys(edited, service, new, names)
    renamed = checked_table(edited).services[new]
    code = code_of(root, table, service)
    moves = [(path, _moved(path, service, renamed)) for path in code]
    files: dict[str, bytes] = {}
    for path in code:
        target = _moved(path, service, renamed)
        for file in text_files(root / path):
            content = file.read_bytes()
            replaced = replaced_names(content, names)
            if replaced != content:
                inner = file.relative_to(root / path).as_posix()
                files[f"{target}/{inner}" if inner != "." else target] = replaced
    moves = [(before, after) for before, after in moves if before != after]
    if service.path in code:
        moves += _package_moves(root, service, renamed)
    files = {_inside_moves(path, moves): content for path, content in files.items()}
    words = [service.url_variable, old, *([service.module] if service.module != old else [])]
    notes = mentions_in_code(root, table, words, code)
    return Change(edited, files, moves=moves, notes=notes)


def _type_keys(text: str, service: Service, new: str, names: list[tuple[str, str]]) -> str:
    """Keys of its type that carry its name, such as an application; a folder that is not the default one stays."""
    rows = Rows(text)
    for key, value in service.options.items():
        path = ("services", new, key)
        if isinstance(value, str) and key not in service.type.keys.secrets and rows.has(path):
            rows = Rows(rows.set_text(path, replaced_names(value.encode(), names).decode()))
    return rows.text


def _moved(path: str, old: Service, new: Service) -> str:
    """Where one of the service's paths is afterwards."""
    if old.path and path == old.path:
        return str(new.path)
    folder, _, file = path.rpartition("/")
    return f"{folder}/{file.replace(f'test_{old.module}', f'test_{new.module}', 1)}"


def _package_moves(root: Path, old: Service, new: Service) -> list[tuple[str, str]]:
    """Folders and files inside the service's folder that are named after its module, outermost first."""
    if not old.path:
        return []
    folder = root / old.path
    moves: list[tuple[str, str]] = []
    for path in sorted(folder.rglob(old.module)):
        if "node_modules" not in path.parts:
            before = _inside_moves(f"{new.path}/{path.relative_to(folder).as_posix()}", moves)
            moves.append((before, before.removesuffix(old.module) + new.module))
    return [(before, after) for before, after in moves if before != after]


def _inside_moves(path: str, moves: list[tuple[str, str]]) -> str:
    for before, after in moves:
        if path == before or path.startswith(f"{before}/"):
            path = after + path.removeprefix(before)
    return path
