"""What is found in a file, before anything is said about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from devkit.checks.allows import Allow, Allows, Suspect
from devkit.findings.model import Place

__all__ = ["ALLOWS", "RULES", "Read", "Scan", "SettingsClass"]

RULES = {
    "url": "no URL is written into the code",
    "host": "no host or IP address is written into the code",
    "port": "no port is written into the code, and images expose the table's",
    "credential": "no password, key or token is written into the code",
    "timeout": "no time limit is a bare number",
    "undeclared": "every variable that the code reads is in the table",
    "unread": "every variable of the table is read by the code of its service",
    "dynamic": "every variable is read by a name that can be checked",
    "build-time": "every variable is read when a service starts, none when its image is built",
    "secret-in-configmap": "no secret is among the plain variables",
    "secret-in-image": "no secret gets into an image",
    "unreadable": "every file can be parsed",
    "allow": "every allow comment names a rule, gives a reason and is needed",
}
"""The rules by name, and what is true when one holds."""

ALLOWS = Allows("config", [rule for rule in RULES if rule != "allow"])
"""The comments that allow one."""


@dataclass(frozen=True, slots=True)
class Read:
    """A variable that code reads. `at_build`: its value is put into what is built."""

    name: str
    place: Place
    at_build: bool = False


@dataclass(frozen=True, slots=True)
class SettingsClass:
    """A class that may be one of pydantic-settings: `bases` by their last names, `fields` by the variables they are read
    from, without the prefix. None: it inherits its prefix."""

    name: str
    bases: tuple[str, ...]
    fields: tuple[tuple[str, Place, bool], ...]
    prefix: str | None = None


@dataclass
class Scan:
    """What one file holds. `sets` are variables that an image brings itself; `mentions` names that begin with VITE_."""

    file: str
    suspects: list[Suspect] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    mentions: list[Read] = field(default_factory=list)
    classes: list[SettingsClass] = field(default_factory=list)
    allows: list[Allow] = field(default_factory=list)
    sets: set[str] = field(default_factory=set)

    def suspect(self, line: int, found: Iterable[tuple[str, str, str]], *, certain: bool = True) -> None:
        """Notes violations in a line: rule, message and fix of each."""
        for rule, message, fix in found:
            suspect = Suspect(rule, Place(self.file, line, 1), message, fix, certain)
            if suspect not in self.suspects:
                self.suspects.append(suspect)

    def read(self, name: str, line: int, *, at_build: bool = False) -> None:
        """Notes that a variable is read in a line."""
        self.reads.append(Read(name, Place(self.file, line, 1), at_build))
