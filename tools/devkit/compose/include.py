"""`include`: other projects' services, networks, volumes, secrets and configs, beside the file's own."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.compose.dotenv import read_env_file
from devkit.compose.model import Node, Variable, derived, fail, shown
from devkit.compose.paths import join, require_here
from devkit.compose.variables import Variables

if TYPE_CHECKING:
    from devkit.compose.reading import Reader

__all__ = ["apply_includes", "env_files"]

_KINDS = ("services", "volumes", "networks", "secrets", "configs", "models")


@dataclass
class _Include:
    node: Node
    paths: list[Node]
    folder: Node | None
    env_files: list[Node]


def apply_includes(
    reader: Reader, document: Node, folder: str, base: str, variables: Variables, included: tuple[str, ...]
) -> None:
    """Adds what a file includes to it, in place. Raises ComposeError where both have something of one name."""
    entries = document.mapping.pop("include", None)
    if entries is None or entries.value is None:
        return
    if not isinstance(entries.value, list):
        fail("type", f"`include` is {shown(entries)}; it takes a list", entries.at_key, "write `- path`")
    for node in entries.value:
        include = _read(node)
        if include.paths:
            _apply(reader, document, include, folder, base, variables, included)


def _read(node: Node) -> _Include:
    if isinstance(node.value, str):
        return _Include(node, [node], None, [])
    folder = node.mapping.get("project_directory")
    return _Include(
        node, _strings(node, "path"), folder if folder and folder.value else None, _strings(node, "env_file")
    )


def _strings(node: Node, name: str) -> list[Node]:
    child = node.mapping.get(name)
    if child is None or child.value is None:
        return []
    found = child.value if isinstance(child.value, list) else [child]
    for item in found:
        if not isinstance(item.value, str):
            fail("type", f"`{name}` is {shown(item)}; it takes text or a list of texts", item.place)
    return found


def _apply(
    reader: Reader,
    document: Node,
    include: _Include,
    folder: str,
    base: str,
    variables: Variables,
    included: tuple[str, ...],
) -> None:
    for written in include.paths:
        require_here(written)
    paths = [_from(base, path.text) for path in include.paths]
    first = paths[0]
    if include.folder is None:
        inner_folder, inner_base = _relative(reader, base, first), posixpath.dirname(first)
    elif include.folder.text.startswith("/"):
        inner_folder = inner_base = include.folder.text
    else:
        inner_folder, inner_base = (
            _relative(reader, base, include.folder.text),
            join(folder, include.folder.text),
        )
    if first in included:
        loop = " → ".join(reader.shown(file) for file in (*included[included.index(first) :], first))
        fail(
            "include-loop",
            f"files include each other in a circle: {loop}",
            include.paths[0].place,
            "take one out",
        )
    for path, node in zip(paths, include.paths, strict=True):
        if not reader.absolute(path).is_file():
            fail("no-such-file", f"{node.value} is not there to be included", node.place, "fix the path")
    files = env_files(reader, include.env_files, folder, inner_base)
    found = variables_of(reader, files, variables)
    inner = reader.read(paths, inner_folder, inner_base, variables.with_more(found), included)
    for kind in _KINDS:
        _add(kind, inner.copy(via=include.node.place), document)


def _from(base: str, path: str) -> str:
    return path if path.startswith("/") else join(base, path)


def _relative(reader: Reader, base: str, path: str) -> str:
    """The folder of a file, or the folder itself, from `base`."""
    whole = _from(base, path)
    if not reader.absolute(whole).is_dir():
        whole = _from(base, posixpath.dirname(path))
    return posixpath.relpath(reader.absolute(whole), reader.absolute(base))


def env_files(reader: Reader, given: list[Node], folder: str, inner_base: str) -> list[Path]:
    """The env files of an include: those that are named, else `.env` beside it."""
    if not given:
        default = reader.absolute(join(inner_base, ".env"))
        return [default] if default.is_file() else []
    found = []
    for node in given:
        file = reader.absolute(_from(folder, node.text))
        if not file.exists():
            fail("no-env-file", f"the env file {node.value} does not exist", node.place, "create it")
        if file.is_dir():
            fail("no-env-file", f"{node.value} is a folder, not a file", node.place)
        found.append(file)
    return found


def variables_of(reader: Reader, files: list[Path], variables: Variables) -> dict[str, Variable]:
    """What env files say, each with those before it. Raises ComposeError."""
    found: dict[str, Variable] = {}

    def look(name: str) -> Variable:
        return variables.look(name) if name in variables else found.get(name) or Variable(name)

    for file in files:
        found = read_env_file(file, reader.shown(file), look, found)
    return found


def _add(kind: str, source: Node, target: Node) -> None:
    children = source.get(kind)
    if children is None or not isinstance(children.value, dict):
        return
    own = target.mapping.setdefault(kind, derived({}, children))
    if not isinstance(own.value, dict):
        message = f"`{kind}` is {shown(own)}, and an included file adds to it"
        fail("type", message, own.at_key, "delete it, or write a mapping")
    for name, child in children.value.items():
        known = own.value.get(name)
        if known is None:
            own.value[name] = child
        elif known.plain() != child.plain():
            message = f"{kind}.{name} is here and in an included file, at {child.at_key}"
            fail(
                "include-conflict",
                message,
                known.at_key,
                "rename one, or override it in a file given with -f",
            )
