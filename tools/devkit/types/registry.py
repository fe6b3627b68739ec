"""Every service type by its name: devkit's own, and those of installed packages.

A package brings a type with an entry point of the group `devkit.types`: the word for the table is its name, a
`devkit.model.ServiceType` what it leads to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import ServiceType
from devkit.types.go import GO
from devkit.types.image import IMAGE
from devkit.types.node import NODE
from devkit.types.postgres import POSTGRES
from devkit.types.python import PYTHON
from devkit.types.redis import REDIS
from devkit.types.vite import VITE

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["BUILT_IN", "ENTRY_POINTS", "every_type", "types_for"]

ENTRY_POINTS = "devkit.types"
BUILT_IN: Mapping[str, ServiceType] = {
    each.name: each for each in (PYTHON, NODE, GO, VITE, IMAGE, POSTGRES, REDIS)
}


def types_for(names: Collection[object]) -> Mapping[str, ServiceType]:
    """The types that a table with services of these types may name. Packages are looked through only for a name that is
    not devkit's own, since that takes a while."""
    return BUILT_IN if all(isinstance(name, str) and name in BUILT_IN for name in names) else every_type()


@cache
def every_type() -> Mapping[str, ServiceType]:
    """Devkit's own types, then those of installed packages, by name.

    Raises DevkitError (exit 2) for a package whose type cannot be used.
    """
    from importlib.metadata import entry_points  # slow, and most tables name devkit's own types

    found = dict(BUILT_IN)
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda each: each.name):
        loaded = _load(point)
        if point.name in found:
            raise _refused(point, f"there is a type `{point.name}` already")
        found[point.name] = loaded
    return found


def _load(point: EntryPoint) -> ServiceType:
    try:
        loaded: object = point.load()
    except Exception as problem:
        raise _refused(point, f"it cannot be imported: {type(problem).__name__}: {problem}") from problem
    if not isinstance(loaded, ServiceType):
        raise _refused(point, f"{point.value} is not a devkit.model.ServiceType")
    if loaded.name != point.name:
        raise _refused(point, f"it calls itself `{loaded.name}`")
    return loaded


def _refused(point: EntryPoint, why: str) -> DevkitError:
    package = point.dist.name if point.dist else point.value
    return DevkitError(
        f"the service type `{point.name}` of the package {package} cannot be used: {why}",
        fix=f"fix or uninstall {package}",
        exit_code=ExitCode.USAGE,
    )
