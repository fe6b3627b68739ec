"""What a rule looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, KeysView
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from devkit.findings.model import Finding
from devkit.model import Service, Table, Variable
from devkit.table.source_map import Data, Path, SourceMap
from devkit.table.words import closest, listed

__all__ = ["Rule", "RuleContext"]


@dataclass(frozen=True)
class RuleContext:
    """The table as far as it has the right shape, and its places.

    `data` is the whole file; `complete` is false when parts of it are missing from `table`, so that
    a rule about absence must stay silent. `root` is the clone, when its folders are to be looked at.
    """

    table: Table
    source_map: SourceMap
    data: Data
    complete: bool
    root: FilePath | None = None

    def service_names(self) -> KeysView[str]:
        """Every service named in the file, misshapen ones included."""
        return _keys(self.data, "services")

    def secret_names(self) -> KeysView[str]:
        """Every secret named in the file, misshapen ones included."""
        return _keys(self.data, "secrets")

    def variables(self) -> Iterator[tuple[Path, Service | None, Variable]]:
        """Each variable with its path; the service is None for shared ones."""
        for variable in self.table.config.values():
            yield ("config", variable.name), None, variable
        for service in self.table.services.values():
            for variable in service.env.values():
                yield ("services", service.name, "env", variable.name), service, variable

    def items(self, service: Service, key: str) -> Iterator[tuple[Path, str]]:
        """Each name in a service's list, with its path in the file."""
        raw: Any = self.data
        names = raw["services"][service.name].get(key)
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                yield ("services", service.name, key, index), name


Rule: TypeAlias = Callable[[RuleContext], Iterator[Finding]]


def suggestion(name: str, names: Collection[str]) -> str:
    """The fix for a name that is not among `names`."""
    near = closest(name, names)
    if near:
        return f"did you mean `{near}`?"
    if len(names) == 1:
        return f"there is only `{next(iter(names))}`"
    return f"there are {listed(names)}" if names else "there are none yet"


def _keys(data: Data, key: str) -> KeysView[str]:
    part = data.get(key) if isinstance(data, dict) else None
    return part.keys() if isinstance(part, dict) else {}.keys()
