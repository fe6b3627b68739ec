"""Which files of a repository are looked at: the code of the table's services, what they share, and every Dockerfile."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from devkit.base.paths import INSTALLATION
from devkit.model import Service, Table

__all__ = ["SourceFile", "is_dockerfile", "is_tools_own", "source_files"]

_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?)$")
_DOCKERFILE = re.compile(
    r"^(?:Dockerfile|Containerfile)(?:\.(?!dockerignore$)[\w.-]+)?$|\.(?:Dockerfile|dockerfile)$|^[\w-]+\.Containerfile$"
)
# What is made from sources, brought by others, or only tested with.
_PASSED_OVER = {"node_modules", "dist", "build", "coverage", "venv", "site-packages", "__pycache__", "vendor"}
_TEST_FOLDERS = {"tests", "test", "__tests__", "__mocks__", "fixtures", "e2e", "testdata", "testing"}
_TEST = re.compile(
    r"^(?:test_.*|.*_test|conftest)\.py$|\.(?:test|tests|spec|stories|e2e)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$|\.min\.js$"
)


@dataclass(frozen=True)
class SourceFile:
    """A file from the root of the repository, and the services whose code it is: all that share it, None for Dockerfiles."""

    path: str
    services: tuple[Service, ...]


def is_dockerfile(path: str) -> bool:
    """Whether a file is a Dockerfile, by its name."""
    return bool(_DOCKERFILE.search(PurePosixPath(path).name))


def is_tools_own(path: str) -> bool:
    """Whether a file configures a tool (vite.config.ts), whose server is for development alone."""
    return bool(re.search(r"\.config\.[cm]?[jt]s$", path))


def source_files(root: Path, table: Table) -> list[SourceFile]:
    """The files, by path."""
    owners: dict[str, dict[str, Service]] = {}
    for service in table.services.values():
        folders = [service.path, *service.shared, _beside(service)]
        for folder in filter(None, folders):
            for path in _files(root, root / folder):
                if _CODE.search(path):
                    owners.setdefault(path, {})[service.name] = service
    found = [SourceFile(path, tuple(services.values())) for path, services in owners.items()]
    found += [SourceFile(path, ()) for path in _files(root, root) if is_dockerfile(path)]
    return sorted(found, key=lambda each: each.path)


def _beside(service: Service) -> str | None:
    """The folder of a service's Dockerfile, which its image copies from; the root is none."""
    if service.type.container.build is None:
        return None
    dockerfile = service.type.container.build(service).dockerfile
    folder = PurePosixPath(dockerfile or "").parent.as_posix()
    return None if folder in (".", "") or folder.startswith(("/", "..")) else folder


def _files(root: Path, folder: Path) -> Iterator[str]:
    toolkit = str(INSTALLATION / "tools")
    for place, folders, names in os.walk(folder):
        if place == toolkit:  # devkit's own, where it is part of the repository
            folders.clear()
            continue
        folders[:] = [n for n in folders if n not in _PASSED_OVER | _TEST_FOLDERS and not n.startswith(".")]
        for name in names:
            if not _TEST.search(name):
                path = Path(place) / name
                if path.is_file():
                    yield path.relative_to(root).as_posix()
