"""Each requirements/*.txt pins what its .in asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.doctor.machine import Machine
from devkit.findings.model import Place

_MEND = "requirements/lock (needs uv)"


@check("project.locks", __doc__)
def run(machine: Machine) -> str:
    """Raises Problems, one for each requirement that a lock lacks or contradicts, and for locks that contradict each other."""
    folder = machine.root / "requirements"
    asked = sorted(folder.glob("*.in"))
    if not asked:
        raise Skipped("the clone has no requirements/*.in")
    pins = {path.stem: _pins(path.with_suffix(".txt")) for path in asked}
    problems = [problem for path in asked for problem in _unmet(path, pins[path.stem])]
    problems += _contradictions({name: found for name, found in pins.items() if found is not None})
    if problems:
        raise Problems(problems)
    return ", ".join(path.stem for path in asked)


def _pins(lock: Path) -> dict[str, set[str]] | None:
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
    return found


def _unmet(path: Path, pins: dict[str, set[str]] | None) -> Iterator[Problem]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    shown = f"requirements/{path.name}"
    if pins is None:
        yield warning(f"{path.stem}.txt is missing or cannot be read", f"git checkout it, or {_MEND}", place=Place(shown), part=path.stem)  # fmt: skip
        return
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        place = Place(shown, number, 1)
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            yield warning("is no requirement", "NAME, or NAME>=VERSION", place=place, part=path.stem)
            continue
        locked = pins.get(canonicalize_name(wanted.name))
        if not locked:
            yield warning(f"{wanted.name} is not in {path.stem}.txt", _MEND, place=place, part=path.stem)
        elif not any(wanted.specifier.contains(version, prereleases=True) for version in locked):
            has = ", ".join(sorted(locked))
            yield warning(
                f"{path.stem}.txt pins {wanted.name} {has}, not {wanted.specifier}",
                _MEND,
                place=place,
                part=path.stem,
            )


def _contradictions(pins: dict[str, dict[str, set[str]]]) -> Iterator[Problem]:
    """All locks go into one .venv."""
    first: dict[str, tuple[str, set[str]]] = {}
    for lock, found in pins.items():
        for name, versions in found.items():
            other, theirs = first.setdefault(name, (lock, versions))
            if theirs.isdisjoint(versions):
                message = f"{other}.txt pins {name} {', '.join(sorted(theirs))}, {lock}.txt {', '.join(sorted(versions))}"
                yield warning(message, _MEND, place=Place(f"requirements/{lock}.txt"), part=lock)
