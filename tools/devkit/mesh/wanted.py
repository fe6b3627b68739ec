"""What is to be installed, and where Helm finds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import MeshRelease

__all__ = ["Wanted"]


@dataclass(frozen=True)
class Wanted:
    """What is to be installed. `chart` is a file or folder that is taken in place of the repository's; `values` the
    file of values; `timeout` seconds."""

    release: MeshRelease
    chart: Path | None = None
    values: Path | None = None
    timeout: int = 300

    @property
    def named(self) -> str:
        """Chart and version, as Helm writes them."""
        return f"{self.release.chart}-{self.release.version}"

    def source(self) -> list[str]:
        """How Helm is told where the chart is. Raises DevkitError (exit 2) when nobody said."""
        if self.chart is not None:
            return [str(self.chart)]
        at = self.release.repository
        if not at:
            raise DevkitError(
                f"{self.release.place}: the table names no repository for {self.release.chart}",
                fix="add `repository:` there, or name a file: --chart FILE",
                exit_code=ExitCode.USAGE,
            )
        if at.startswith("oci://"):
            return [f"{at.rstrip('/')}/{self.release.chart}", "--version", self.release.version]
        return [self.release.chart, "--repo", at, "--version", self.release.version]

    def read_values(self) -> dict[str, Any]:
        """What the file of values says. Raises DevkitError (exit 2) with its place."""
        if self.values is None:
            return {}
        try:
            found = yaml.safe_load(self.values.read_text("utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as problem:
            mark = getattr(problem, "problem_mark", None)
            place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            said = getattr(problem, "problem", None) or getattr(problem, "strerror", None) or "is not UTF-8"
            raise DevkitError(
                f"{self.release.values or self.values.name}{place}: {said}", exit_code=ExitCode.USAGE
            ) from None
        if not isinstance(found, dict | None):
            raise DevkitError(
                f"{self.release.values or self.values.name}:1:1: Helm's values are a mapping",
                exit_code=ExitCode.USAGE,
            )
        return found or {}
