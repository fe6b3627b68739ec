"""Providers from installed packages: what they offer as `devkit.webhook_providers`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from devkit.webhooks.provider import RESERVED, SEND, Provider

__all__ = ["GROUP", "Broken", "installed"]

GROUP = "devkit.webhook_providers"


@dataclass(frozen=True)
class Broken:
    """A provider that a package offers and that cannot be used."""

    name: str
    package: str
    reason: str

    def __str__(self) -> str:
        return f"provider {self.name} of the package {self.package}: {self.reason}"


def installed(taken: Collection[str]) -> tuple[dict[str, Provider], tuple[Broken, ...]]:
    """The providers by name, and those that are broken. A name in `taken` is not theirs to use. Never raises."""
    found: dict[str, Provider] = {}
    broken: list[Broken] = []
    # By package too: of two that offer the same name, the same one is taken on every machine.
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, _package(point))):
        package = _package(point)
        if point.name in (*taken, *RESERVED, SEND):
            broken.append(Broken(point.name, package, "the name is devkit's own or the table's"))
        elif point.name in found:
            broken.append(Broken(point.name, package, "another package offers it too"))
        else:
            loaded = _load(point)
            if isinstance(loaded, Provider):
                found[point.name] = loaded
            else:
                broken.append(Broken(point.name, package, loaded))
    return found, tuple(broken)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "(unknown)"


def _load(point: EntryPoint) -> Provider | str:
    """The provider, or why there is none."""
    try:
        loaded = point.load()
    except (Exception, SystemExit) as problem:  # whatever somebody's module does while it is imported
        return f"{point.value} cannot be loaded ({type(problem).__name__}: {problem})"
    if not isinstance(loaded, Provider):
        return f"{point.value} is a {type(loaded).__name__}, no devkit.webhooks.provider.Provider"
    if loaded.name != point.name:
        return f"{point.value} calls itself {loaded.name!r}"
    return loaded
