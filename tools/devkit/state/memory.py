"""Judges which variables of a process changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from devprobe.settings import PROBE

from devkit.checks.allows import Suspect
from devkit.findings.model import Place
from devkit.instance.watching import Frame, Record
from devkit.state.model import Evidence

__all__ = ["Variable", "changed_variables", "suspects_in_memory"]

_FIX = "keep it in Postgres or Redis; or, where every process may have its own: # state: allow: reason"
_MOST = 3


@dataclass
class Variable:
    """One that requests or jobs changed, in all services that share its code. `keys`: service → the names that its process
    has for it."""

    title: str
    place: Place
    own: bool
    shape: str
    decorated: int = 0
    keys: dict[str, set[str]] = field(default_factory=dict)
    requests: dict[str, None] = field(default_factory=dict)


def changed_variables(seen: Evidence, frame: Callable[[str, int], Frame]) -> list[Variable]:
    """Those that changed with a request, and those that changed in between, but for what also changes when nobody asks for
    anything. A name that is given its first value is made then, unless that value is the request's."""
    found: dict[tuple[str, Place], Variable] = {}
    for record in seen.records:
        if record.what != "changed":
            continue
        about = record.about
        if about["request"] == PROBE or (about["first"] and not about["copied"]):
            continue
        if not about["request"] and (record.service, about["key"]) in seen.pulse:
            continue
        defined = frame(about["file"], about["line"])
        place = Place(defined.file, defined.line, 1) if defined.line else Place(defined.file)
        variable = found.setdefault(
            (about["title"], place), Variable(about["title"], place, about["own"], about["shape"])
        )
        variable.keys.setdefault(record.service, set()).add(about["key"])
        variable.shape, variable.decorated = about["shape"], about["decorated"]
        if about["request"]:
            variable.requests[about["request"]] = None
    return list(found.values())


def suspects_in_memory(variables: Iterable[Variable], wrote: Iterable[Record]) -> list[Suspect]:
    """One for each variable, at the line that changes it where that was seen. What an object of a library holds counts only
    if a line of the repository changes it."""
    lines: dict[tuple[str, str], list[Record]] = {}
    for record in wrote:
        lines.setdefault((record.service, record.about["key"]), []).append(record)
    return [suspect for variable in variables if (suspect := _suspect(variable, lines))]


def _suspect(variable: Variable, lines: Mapping[tuple[str, str], list[Record]]) -> Suspect | None:
    writes: dict[Place, Frame] = {}
    for service, keys in variable.keys.items():
        for key in keys:
            for record in lines.get((service, key), ()):
                top = record.stack[0]
                writes.setdefault(Place(top.file, top.line, 1), top)
    if not variable.own and not writes:
        return None
    cached = variable.title.endswith("functools cache)")  # whoever calls the function first fills it
    place = variable.place if cached or not writes else next(iter(writes))
    services = ", ".join(variable.keys)
    asked = list(variable.requests)[:_MOST]
    with_what = f" with {', '.join(asked)}" if asked else " between requests"
    defined = "" if place == variable.place else f" (defined in {variable.place.file}:{variable.place.line})"
    others = [f"{each.file}:{each.line}" for each in writes if each != place][:_MOST] if not cached else []
    more = f", also in {', '.join(others)}" if others else ""
    message = f"{services}: `{variable.title}`{defined}, now {variable.shape}, changes{with_what}{more}"
    return Suspect(
        "memory",
        place,
        message,
        _FIX,
        also=(*_definition(variable), *(each for each in writes if each != place)),
    )


def _definition(variable: Variable) -> list[Place]:
    """The lines of it, decorators included."""
    place = variable.place
    first = variable.decorated or place.line
    return [Place(place.file, line, 1) for line in range(first, place.line + 1)] or [place]
