"""Each requirements/*.txt pins what its .in asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.findings.model import Place

_FIX = "requirements/lock (needs uv)"


@check("project.locks", __doc__)
def run(machine: Machine) -> str:
    """Raises Problems, one for each requirement that a lock lacks or contradicts, and for locks that contradict each other."""
    asked = _requirements(machine)
    if not asked:
        raise Skipped("the clone has no requirements/*.in")
    problems = [
        problem for name, each in asked.items() for problem in _unmet(name, each["lines"], each["pins"])
    ]
    problems += _contradictions(
        {name: each["pins"] for name, each in asked.items() if each["pins"] is not None}
    )
    if problems:
        raise Problems(problems)
    return ", ".join(asked)


@observed("requirements")
def _requirements(machine: Machine) -> dict[str, dict[str, Json]]:
    """By lock: the `lines` of what is asked for, and the `pins`, versions by name; None where the lock cannot be read."""
    paths = sorted((machine.installation / "requirements").glob("*.in"))
    return {
        path.stem: {
            "lines": path.read_text("utf-8", "replace").splitlines(),
            "pins": _pins(path.with_suffix(".txt")),
        }
        for path in paths
    }


def _pins(lock: Path) -> dict[str, list[str]] | None:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        lines = lock.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    found: dict[str, set[str]] = {}
    for line in lines:
        if line[:1].isalnum():
            with contextlib.suppress(InvalidRequirement):
                pinned = Requirement(line.rstrip("\\ "))
                versions = {each.version for each in pinned.specifier if each.operator == "=="}
                found.setdefault(canonicalize_name(pinned.name), set()).update(versions)
    return {name: sorted(versions) for name, versions in found.items()}


def _unmet(name: str, lines: Sequence[str], pins: Mapping[str, Sequence[str]] | None) -> Iterator[Problem]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    shown = f"requirements/{name}.in"
    if pins is None:
        yield warning(f"{name}.txt is missing or cannot be read", f"git checkout it, or {_FIX}", place=Place(shown), part=name)  # fmt: skip
        return
    for number, line in enumerate(lines, 1):
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        place = Place(shown, number, 1)
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            yield warning("is not a requirement", "NAME, or NAME>=VERSION", place=place, part=name)
            continue
        locked = pins.get(canonicalize_name(wanted.name))
        if not locked:
            yield warning(f"{wanted.name} is not in {name}.txt", _FIX, place=place, part=name)
        elif not any(wanted.specifier.contains(version, prereleases=True) for version in locked):
            has = ", ".join(locked)
            message = f"{name}.txt pins {wanted.name} {has}, not {wanted.specifier}"
            yield warning(message, _FIX, place=place, part=name)


def _contradictions(pins: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Problem]:
    """All locks go into one .venv."""
    first: dict[str, tuple[str, Sequence[str]]] = {}
    for lock, found in pins.items():
        for name, versions in found.items():
            other, theirs = first.setdefault(name, (lock, versions))
            if set(theirs).isdisjoint(versions):
                message = f"{other}.txt pins {name} {', '.join(theirs)}, {lock}.txt {', '.join(versions)}"
                yield warning(message, _FIX, place=Place(f"requirements/{lock}.txt"), part=lock)
