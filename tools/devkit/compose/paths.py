"""Relative paths → paths from a folder."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable
from pathlib import Path as FilePath

from devkit.compose.model import Node, Path, fail, shown
from devkit.compose.patterns import ITEM, Patterns
from devkit.compose.volumes import clean

__all__ = ["join", "require_here", "resolve_paths"]

_ELSEWHERE = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")
_WINDOWS = re.compile(r"([a-zA-Z]:[\\/]|\\\\).*", re.DOTALL)
_Resolve = Callable[[str, str], str]


def join(folder: str, path: str) -> str:
    """The path from the folder, `.` and `..` taken out; `folder` may be relative itself."""
    return clean(f"{folder}/{path}") if folder else clean(path) if path else ""


def resolve_paths(node: Node, folder: str, path: Path = ()) -> None:
    """Makes the paths in a project start at `folder`, in place. Raises ComposeError for a bind mount without a source."""
    if (resolve := _PATHS.match(path)) is not None:
        _in_all(node, folder, resolve)
    elif path[2:3] == ("volumes",) and len(path) == 4 and path[0] == "services":
        _mount(node, folder)
    elif len(path) == 2 and path[0] == "volumes":
        _volume(node, folder)
    elif isinstance(node.value, dict):
        for name, child in node.value.items():
            resolve_paths(child, folder, (*path, name))
    elif isinstance(node.value, list):
        for child in node.value:
            resolve_paths(child, folder, (*path, ITEM))


def _in_all(node: Node, folder: str, resolve: _Resolve) -> None:
    if isinstance(node.value, list):
        for child in node.value:
            _in_all(child, folder, resolve)
    elif isinstance(node.value, str):
        node.value = resolve(node.value, folder)
    elif resolve is not _on_any_system:
        fail("type", f"is {shown(node)}; a path belongs there", node.place)


def _home(path: str) -> str:
    return join(os.path.expanduser("~"), path[1:]) if path.startswith("~") else path  # noqa: PTH111


def _absolute(path: str, folder: str) -> str:
    path = _home(path)
    return path if path.startswith("/") or not path else join(folder, path)


def _on_any_system(path: str, folder: str) -> str:
    path = _home(path)
    return path if path.startswith("/") or _WINDOWS.fullmatch(path) else join(folder, path)


def _context(path: str, folder: str) -> str:
    if "://" in path or path.startswith(("service:", *_ELSEWHERE)):
        return path
    return _absolute(path, folder)


def require_here(written: Node) -> None:
    """Raises ComposeError for a path that Compose would fetch."""
    path = written.text
    if "://" in path or path.startswith(_ELSEWHERE):
        message = f"{path} is not on this machine, and devkit fetches nothing"
        fail("elsewhere", message, written.place, "fetch it, and name the file")


def _through_links(path: str, folder: str) -> str:
    """The first symbolic link in the path is followed."""
    whole = _absolute(path, folder)
    current = "/" if whole.startswith("/") else ""
    for part in whole.split("/"):
        if not part:
            continue
        current = posixpath.join(current, part)
        if FilePath(current).is_symlink():
            return whole.replace(current, str(FilePath(current).resolve()), 1)
    return whole


def _mount(node: Node, folder: str) -> None:
    kind = node.get("type")
    if kind is None or kind.value != "bind":
        return
    source = node.get("source")
    if source is None:
        fail("no-source", "this bind mount has no source", node.place, "add `source: ./folder`")
    source.value = _on_any_system(source.text, folder)


def _volume(node: Node, folder: str) -> None:
    """A volume that is a folder of the host."""
    driver, kind, device = node.get("driver"), node.get("driver_opts", "o"), node.get("driver_opts", "device")
    local = driver is not None and driver.value == "local" and kind is not None and kind.value == "bind"
    if local and device is not None and isinstance(device.value, str):
        device.value = _on_any_system(device.value, folder)


_PATHS: Patterns[_Resolve] = Patterns.of(
    {
        "services.*.build.context": _context,
        "services.*.build.additional_contexts.*": _context,
        "services.*.build.ssh.*": _on_any_system,
        "services.*.env_file.*.path": _absolute,
        "services.*.label_file.*": _absolute,
        "services.*.extends.file": _absolute,
        "services.*.develop.watch.*.path": _through_links,
        "configs.*.file": _on_any_system,
        "secrets.*.file": _on_any_system,
    }
)
