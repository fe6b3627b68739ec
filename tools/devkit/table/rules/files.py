"""Folders and files that the table names: inside the repository, written the same on every system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from devkit.findings.model import Finding, Place
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import Path, error

__all__ = ["RULES", "bad_path"]


def folder_inside(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        named = ("path", service.path), ("migrations", service.migrations), ("seed", service.seed)
        for key, text in (*named, ("source", service.source)):
            if text is None:
                continue
            place = context.source_map.value("services", service.name, key)
            bad = list(bad_path(key, text, place))
            yield from bad
            if not bad and context.root is not None and key not in ("path", "source"):
                yield from _missing_folder(context.root, key, text, place)


def shared_inside(context: RuleContext) -> Iterator[Finding]:
    for at, folders in _shared(context):
        for index, text in enumerate(folders):
            place = context.source_map.value(*at, index)
            bad = list(bad_path("shared", text, place))
            yield from bad
            if not bad and context.root is not None:
                yield from _missing_folder(context.root, "shared", text, place)


def _shared(context: RuleContext) -> Iterator[tuple[Path, tuple[str, ...]]]:
    yield ("shared",), context.table.shared
    raw: Any = context.data
    for service in context.table.services.values():
        if "shared" in raw["services"][service.name]:
            yield ("services", service.name, "shared"), service.shared


def file_inside(context: RuleContext) -> Iterator[Finding]:
    for name, release in context.table.meshes.items():
        if release is None or not release.values:
            continue
        place = context.source_map.value("meshes", name, "values")
        bad = list(bad_path("values", release.values, place))
        yield from bad
        if not bad and context.root is not None and not (context.root / release.values).is_file():
            message = f"`values` names {release.values}, which is not a file"
            yield error("missing-file", message, place, "create it, fix the path, or delete `values`")


def dockerfile_inside(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        if service.dockerfile is None:
            continue
        place = context.source_map.value("services", service.name, "dockerfile")
        bad = list(bad_path("dockerfile", service.dockerfile, place))
        yield from bad
        if not bad and context.root is not None and not (context.root / service.dockerfile).is_file():
            message = f"`dockerfile` names {service.dockerfile}, which is not a file"
            yield error("missing-file", message, place, "create it, fix the path, or delete `dockerfile`")


def bad_path(key: str, text: str, place: Place) -> Iterator[Finding]:
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).drive:
        message = f"`{key}` {text} is absolute"
        yield error("outside-path", message, place, "write it from the root of the repository")
    elif ".." in PurePosixPath(text).parts:
        message = f"`{key}` {text} may lead out of the repository"
        yield error("outside-path", message, place, "write it without `..`")
    elif (
        "\\" in text
        or any(sign in text for sign in '*?"<>|:')
        or text != text.strip()
        or not text.isprintable()
    ):
        message = f"`{key}` `{text}` holds signs that are not safe in a path"
        yield error("bad-path", message, place, "separate folders with `/`")


def _missing_folder(root: FilePath, key: str, text: str, place: Place) -> Iterator[Finding]:
    try:
        found, is_folder = (root / text).exists(), (root / text).is_dir()
    except OSError as failure:
        yield error("missing-folder", f"`{key}` {text} cannot be accessed: {failure.strerror}", place)
        return
    if not found:
        fix = f"create the folder, delete `{key}`, or fix the path (from the root of the repository)"
        yield error("missing-folder", f"`{key}` names {text}, which does not exist", place, fix)
    elif not is_folder:
        yield error("missing-folder", f"`{key}` names {text}, which is not a folder", place, "name a folder")


RULES: tuple[Rule, ...] = (folder_inside, shared_inside, file_inside, dockerfile_inside)
