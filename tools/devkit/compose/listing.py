"""A project as YAML with the place of each value behind it, and what is known of one value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from devkit.compose.model import Node, Plain, Source, Variable, split_path
from devkit.compose.project import Project
from devkit.findings.model import Place
from devkit.table.words import closest

__all__ = ["Line", "Whence", "lines_of", "listing", "matching", "names_below", "whence"]

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".inf", ".nan", "."})


@dataclass(frozen=True)
class Line:
    """A line of YAML; `place` is where its value was written, `note` why Compose added it."""

    text: str
    place: Place | None = None
    note: str = ""


def listing(project: Project) -> Iterator[Line]:
    """The project as `docker compose config` prints it, as YAML that Compose reads: a `$` is written as `$$`."""
    yield from lines_of(project.tree)


def lines_of(node: Node, indent: str = "") -> Iterator[Line]:
    """A value as YAML."""
    yield from _lines(node, indent)


def _lines(node: Node, indent: str) -> Iterator[Line]:
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield from _entry(f"{indent}{_scalar(name)}:", child, indent + "  ")
    elif isinstance(node.value, list):
        for child in node.value:
            first, *rest = (
                list(_lines(child, indent + "  ")) if _nested(child) else [_leaf(f"{indent}-", child)]
            )
            yield Line(
                f"{indent}- {first.text.strip()}" if _nested(child) else first.text, first.place, first.note
            )
            yield from rest


def _nested(node: Node) -> bool:
    return isinstance(node.value, (dict, list)) and bool(node.value)


def _entry(head: str, node: Node, indent: str) -> Iterator[Line]:
    if _nested(node):
        yield Line(head)
        yield from _lines(node, indent)
    else:
        yield _leaf(head, node)


def _leaf(head: str, node: Node) -> Line:
    return Line(f"{head} {_scalar(node.value)}", node.place, node.origin.note)


def _scalar(value: object) -> str:
    if value in ({}, []):
        return "{}" if value == {} else "[]"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.replace("$", "$$")
    return (
        text
        if _PLAIN.fullmatch(text) and text.lower() not in _WORDS
        else json.dumps(text, ensure_ascii=False)
    )


@dataclass(frozen=True)
class Whence:
    """What is known of one value. `place` is where it was written; `text` how, before interpolation; `note` says why
    Compose does not print the value, or added it."""

    path: str
    node: Node
    value: Plain
    place: Place
    text: str | None
    variables: tuple[Variable, ...]
    via: tuple[Place, ...]
    note: str

    @property
    def is_nested(self) -> bool:
        """Whether it is a list or a mapping with something in it."""
        return _nested(self.node)

    def lines(self) -> Iterator[str]:
        """For people; what is in a list or a mapping is not among them (`is_nested`)."""
        value = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)
        yield f"{self.path}:" if self.is_nested else f"{self.path} = {value}"
        if self.note:
            yield f"  {self.note}"
        written = f"  written as {self.text}" if self.text is not None and self.text != value else ""
        yield f"  {self.place}{written}"
        for variable in self.variables:
            yield f"  {_told(variable)}"
        for place in self.via:
            yield f"  through {place}"

    def as_data(self) -> dict[str, object]:
        """For programs."""
        return {
            "path": self.path,
            "value": self.value,
            **_place(self.place),
            "text": self.text,
            "variables": [
                {
                    "name": variable.name,
                    "value": variable.value,
                    "source": variable.source.value,
                    **(_place(variable.place) if variable.place else {}),
                }
                for variable in self.variables
            ],
            "via": [_place(place) for place in self.via],
            "note": self.note or None,
        }


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column}


def _told(variable: Variable) -> str:
    match variable.source:
        case Source.FILE:
            return f"{variable.name} = {variable.value}, from {variable.place}"
        case Source.ENVIRONMENT:
            return f"{variable.name} = {variable.value}, from the environment"
        case Source.DEFAULT:
            return f"{variable.name} = {variable.value}, the default, as it is not set"
        case Source.UNSET:
            return f"{variable.name} is not set"


def whence(project: Project, path: str) -> Whence | None:
    """What is known of the value at a path, also of what `docker compose config` leaves out. None: there is no such value."""
    steps = split_path(path)
    note = ""
    node = project.tree.at(steps)
    if node is None and steps[:1] == ("services",) and len(steps) > 1 and steps[1] in project.disabled:
        service = project.disabled[steps[1]]
        profiles = service.at(("profiles",))
        named = ", ".join(str(item.value) for item in profiles.items) if profiles else ""
        node, note = service.at(steps[2:]), f"not enabled: the service is of the profile {named}"
    if node is None:
        node, note = project.model.at(steps), "not printed by `docker compose config`"
    if node is None:
        return None
    origin = node.origin
    added = f"not written: {origin.note}" if origin.note else ""
    text = None if origin.note else origin.text
    return Whence(path, node, node.plain(), origin.place, text, origin.variables, origin.via, note or added)


def matching(project: Project, path: str) -> list[str]:
    """The paths that a path stands for: `*` is every name, or every item of a list. One without it stands for itself."""
    steps = split_path(path)
    if "*" not in steps:
        return [path]
    found: list[tuple[tuple[str, ...], Node]] = [((), project.tree)]
    for step in steps:
        found = [
            ((*before, name), child)
            for before, node in found
            for name, child in _children(node)
            if step in ("*", name)
        ]
    return [joined(names) for names, _ in found]


def _children(node: Node) -> list[tuple[str, Node]]:
    if isinstance(node.value, dict):
        return list(node.value.items())
    return (
        [(str(index), child) for index, child in enumerate(node.value)]
        if isinstance(node.value, list)
        else []
    )


def joined(steps: tuple[str, ...]) -> str:
    """The opposite of `split_path`: a name with dots is put into brackets."""
    text = "".join(f"[{step}]" if "." in step else f".{step}" for step in steps)
    return text.removeprefix(".")


def names_below(project: Project, path: str) -> tuple[str, str | None]:
    """For a path that leads nowhere: as far as it leads, and the name there that is most like the next one."""
    steps = split_path(path)
    for length in range(len(steps) - 1, -1, -1):
        node = project.tree.at(steps[:length])
        if node is not None:
            known = list(node.value) if isinstance(node.value, dict) else []
            return ".".join(steps[:length]), closest(steps[length], known)
    return "", None
