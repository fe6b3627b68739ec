"""A clone, a home and a shell for tests to make odd."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Place"]


@dataclass
class Place:
    """One developer's clone, home and shell, before devkit is called."""

    root: Path
    home: Path
    programs: Path
    environ: dict[str, str]
    closed: list[int] = field(default_factory=list)
    read_only: list[str] = field(default_factory=list)

    def put(self, path: Path, content: bytes | str, mode: int = 0o644) -> Path:
        """A file, instead of whatever was there."""
        self.drop(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def link(self, path: Path, target: str) -> None:
        """A link, instead of whatever was there."""
        self.drop(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def drop(self, path: Path) -> None:
        """What was there, is not; nor is what another oddity has put in the way to it."""
        for parent in path.parents:
            if parent.is_relative_to(self.root.parent) and (parent.is_symlink() or parent.is_file()):
                parent.unlink()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def folder(self, path: Path, mode: int = 0o755) -> None:
        """A folder, where something else belongs."""
        self.drop(path)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)

    def program(self, name: str, content: bytes | str, mode: int = 0o755) -> None:
        """A program on PATH."""
        self.put(self.programs / name, content, mode)

    def every_program(self, content: str) -> None:
        """All of them alike."""
        for name in (
            "git",
            "docker",
            "kubectl",
            "tilt",
            "helm",
            "node",
            "npm",
            "rdctl",
            "cloudflared",
            "unshare",
        ):
            self.program(name, content)
