"""What the audit of state looks for, and what it has seen before it judges."""

from __future__ import annotations

from dataclasses import dataclass, field

from devkit.checks.allows import Allow, Allows, Suspect
from devkit.instance.watching import Record

__all__ = ["ALLOWS", "RULES", "Evidence", "FlowFailure"]

RULES = {
    "flow": "every flow passes when each service is one process",
    "files": "no service writes outside its temporary folder and its log",
    "left": "no temporary file is left when the request or job that made it has ended",
    "shared": "no temporary file that one request or process wrote is read by another",
    "memory": "nothing in a process changes with requests and jobs",
    "watched": "nothing that services did was missed",
    "hop": "every flow passes when each request and each job goes to another, fresh process",
    "allow": "every allow comment gives a reason and is needed",
}
"""The rules by name, and what is true when one holds."""

ALLOWS = Allows("state", ("files", "left", "shared", "memory"), bare=True)
"""The comments that allow one: `# state: allow: reason`."""


@dataclass(frozen=True)
class FlowFailure:
    """A flow that did not pass, and why."""

    flow: str
    problem: str


@dataclass
class Evidence:
    """What the runs of one audit have brought. `records` are those of the run with one process each; `wrote` says, by service
    and variable, which lines change it; `native` are files that changed and that no record tells of, with the service whose
    folder they are in (empty: none's). `hops` is how many requests each service got."""

    table: str
    services: list[str]
    flows: list[str] = field(default_factory=list)
    failures: list[FlowFailure] = field(default_factory=list)
    hop_failures: list[FlowFailure] = field(default_factory=list)
    hops: dict[str, int] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    native: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    pulse: set[tuple[str, str]] = field(default_factory=set)
    wrote: list[Record] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    allows: list[Allow] = field(default_factory=list)
