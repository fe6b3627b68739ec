"""Services made from the templates of their types, as a small platform in a folder of its own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml
from devkit.scaffold.templates import named, rendered
from devkit.types.registry import BUILT_IN

from tests.support.demo import Demo, end_strays
from tests.support.storage import free_port

__all__ = ["Scaffolded", "platform_of", "running_programs", "write_platform", "write_service"]

_RESOURCES = {
    "requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"cpu": "500m", "memory": "256Mi"},
}


@dataclass(frozen=True)
class Scaffolded(Demo):
    """A platform whose sources are edited by their path in the clone."""

    def change(self, path: str, pattern: str, replacement: str) -> None:
        """Saves a file of the clone with one change."""
        file = self.root / path
        changed, count = re.subn(pattern, replacement, file.read_text())
        assert count, f"{pattern} is not in {path}"
        file.write_text(changed)


def write_service(root: Path, type_name: str, name: str, port: int, debug_port: int) -> dict[str, Any]:
    """Writes a service's files into a clone from its type's templates. Returns its row of the table."""
    scaffold = BUILT_IN[type_name].scaffold
    assert scaffold is not None
    values = {
        "name": name, "module": name.replace("-", "_"), "title": name.replace("-", " ").title(), "port": port,
        "debug_port": debug_port,
    }  # fmt: skip
    for path, content in rendered(scaffold.files, values).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    assert (root / named(scaffold.code, values)).is_file()
    row = {
        "type": type_name,
        "about": f"A service of type {type_name}.",
        "port": port,
        "debug_port": debug_port,
    }
    return row | {"resources": _RESOURCES} | dict(scaffold.row)


def write_platform(root: Path, types: Sequence[str], namespace: str = "made-dev") -> dict[str, int]:
    """A clone with one service of each type, called `my-<type>`, on free ports. Returns the ports by name."""
    chosen: set[int] = set()
    while len(chosen) < 2 * len(types):  # the system may hand out one that was free a moment ago again
        chosen.add(free_port())
    waiting = iter(chosen)
    ports: dict[str, int] = {}
    rows: dict[str, Any] = {}
    for each in types:
        name = f"my-{each}"
        ports[name], ports[f"{name}-debug"] = next(waiting), next(waiting)
        rows[name] = write_service(root, each, name, ports[name], ports[f"{name}-debug"])
    greeting = {"default": "hello", "about": "What the services say."}
    table = {
        "version": 1, "name": "made", "namespace": namespace, "image_prefix": "made",
        "config": {"GREETING": greeting}, "services": rows,
    }  # fmt: skip
    (root / "dev").mkdir(parents=True, exist_ok=True)
    (root / "dev/services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    (root / ".gitignore").write_text(".devkit\n")
    return ports


@contextmanager
def platform_of(root: Path, *types: str, **keys: object) -> Iterator[Scaffolded]:
    """A platform with one service of each type, not started, with further keys in each row; whatever runs of it at the end
    is ended by pid."""
    platform = Scaffolded(root, write_platform(root, types))
    if keys:
        file = root / "dev" / "services.yaml"
        table = yaml.safe_load(file.read_text())
        for row in table["services"].values():
            row |= keys
        file.write_text(yaml.safe_dump(table, sort_keys=False))
    try:
        yield platform
    finally:
        with contextlib.suppress(AssertionError):
            platform.devkit("down", check=False)
        end_strays(platform)


def running_programs(binary: Path) -> list[psutil.Process]:
    """The processes that run a program, or what was in its place before it was compiled anew."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.exe().removesuffix(" (deleted)") == str(binary.resolve()):
                found.append(process)
    return found
