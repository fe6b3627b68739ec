"""A Go program, compiled into the clone's state folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devserve.programs import Programs

__all__ = ["GoBuild"]

_LINES = 20


@dataclass(frozen=True)
class GoBuild:
    """`go build` of a package of `folder`. `debugged`: without the optimizations that hide lines and variables."""

    go: str
    folder: Path
    package: str
    binary: Path
    debugged: bool
    name: str = "go build"

    def is_done(self) -> bool:
        """Never known from outside: Go itself compares what it compiled with the sources, in a fraction of a second."""
        return False

    def run(self, programs: Programs) -> str | None:
        self.binary.parent.mkdir(parents=True, exist_ok=True)
        flags = ["-gcflags=all=-N -l"] if self.debugged else []
        # Sources are called by their module, as in an image: one entry of launch.json finds them on either engine.
        command = [self.go, "build", "-trimpath", *flags, "-o", str(self.binary), self.package]
        done = programs.run(command, folder=self.folder)
        if done.code:
            return "\n".join(done.output.strip().splitlines()[:_LINES]) or f"go ended with {done.code}"
        return None
