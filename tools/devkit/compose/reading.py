"""Compose files → one tree: interpolation, `extends`, `include`, merging, long forms, defaults and paths, in Compose's order."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devkit.compose.canonical import lengthen
from devkit.compose.defaults import add_defaults, drop_empty_servers
from devkit.compose.environment import named_values
from devkit.compose.extends import apply_extends
from devkit.compose.include import apply_includes
from devkit.compose.interpolate import interpolate
from devkit.compose.merge import merge
from devkit.compose.model import Node, Origin, fail, problem
from devkit.compose.model import Path as Keys
from devkit.compose.paths import resolve_paths
from devkit.compose.resets import take_out
from devkit.compose.source import documents
from devkit.compose.unique import keep_last
from devkit.compose.validate import check_shape, check_values
from devkit.compose.variables import Variables
from devkit.findings.model import Finding, Place, Severity

__all__ = ["Reader"]


@dataclass
class Reader:
    """Reads files. `working_directory` is that of the process, from which some relative paths start."""

    working_directory: Path
    interpolated: bool = True
    warnings: list[Finding] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)  # all that were read, in order

    def shown(self, file: Path | str) -> str:
        """A file as messages name it: from the working directory where it lies below it."""
        path = Path(self.working_directory, file)
        try:
            return path.relative_to(self.working_directory).as_posix()
        except ValueError:
            shorter = os.path.relpath(path, self.working_directory)
            return shorter if shorter.count("../") < 4 else str(path)

    def absolute(self, file: str) -> Path:
        return Path(posixpath.normpath(Path(self.working_directory, file).as_posix()))

    def read(
        self,
        files: Sequence[str],
        folder: str,
        base: str,
        variables: Variables,
        included: tuple[str, ...] = (),
    ) -> Node:
        """The files, each over those before it. Relative paths in them start at `folder`, the files that they name lie
        from `base`. Raises ComposeError."""
        project = Node({}, Origin(Place(self.shown(files[0]))))
        for file in files:
            project = self._over(project, file, folder, base, variables, included)
        add_defaults(project)
        check_values(project)
        resolve_paths(project, folder)
        named_values(project, variables)
        return project

    def _over(
        self,
        project: Node,
        file: str,
        folder: str,
        base: str,
        variables: Variables,
        included: tuple[str, ...],
    ) -> Node:
        shown = self.shown(file)
        for document, resets in self._documents(file, variables):
            apply_extends(self, document, file, base, variables, resets)
            take_out(project, resets)
            included = (*included, file)
            apply_includes(self, document, folder, base, variables, included)
            project = merge(project, document)
            keep_last(project)
            check_shape(project)
            self._drop_version(project, shown)
            project = self._long(project)
        return project

    def read_base(self, file: str, folder: str, variables: Variables) -> tuple[Node, list[Keys]]:
        """A file that a service extends one of, without what it extends and includes itself; and what it resets."""
        project, last = Node({}, Origin(Place(self.shown(file)))), list[Keys]()
        for document, resets in self._documents(file, variables):
            take_out(project, resets)
            project = merge(project, document)
            keep_last(project)
            project = self._long(project)
            last = resets
        resolve_paths(project, folder)
        return project, last

    def _documents(self, file: str, variables: Variables) -> list[tuple[Node, list[Keys]]]:
        path, shown = self.absolute(file), self.shown(file)
        if path not in self.files:
            self.files.append(path)
        found = []
        for document in documents(path, shown):
            if not isinstance(document.root.value, dict):
                fix = "begin with `services:`"
                fail("not-a-mapping", "a Compose file is a mapping of keys", document.root.place, fix)
            if self.interpolated:
                interpolate(document.root, variables.look, self.warnings)
            found.append((document.root, document.resets))
        return found

    def _long(self, project: Node) -> Node:
        project = lengthen(project, tolerant=not self.interpolated)
        drop_empty_servers(project)
        keep_last(project)
        return project

    def _drop_version(self, project: Node, shown: str) -> None:
        version = project.mapping.pop("version", None)
        if version is not None and all(w.place != version.at_key for w in self.warnings):
            message = "`version` means nothing any more"
            self.warnings.append(
                problem(
                    "obsolete-version", message, version.at_key or Place(shown), "delete it", Severity.WARNING
                )
            )
