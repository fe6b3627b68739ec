"""Machines written down for doctor: `tests/doctor/machines/*.yaml`, each a set of facts and the findings that are expected.

Facts are written from what the programs document, not recorded: a set that stands on another (`from:`) names what differs.
A fact is its value; a mapping with the one key `problem` is what it ended with; a program's answer may be its text alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["MACHINES", "RecordedSet", "load_set"]

MACHINES = Path(__file__).parents[1] / "doctor" / "machines"
_EXPECTED = re.compile(r"(error|warning|note) (\S+?): (.+)")


@dataclass(frozen=True)
class RecordedSet:
    """`facts` are a bundle's facts.json. `expected` are (severity, id, a part of the message); `unrecorded` the checks that
    must be skipped because a fact is missing or masked."""

    name: str
    about: str
    sources: tuple[str, ...]
    facts: dict[str, Any]
    expected: tuple[tuple[str, str, str], ...]
    unrecorded: frozenset[str] = field(default=frozenset())

    def write(self, path: Path) -> Path:
        """The facts as a file for `doctor --from`."""
        path.write_text(json.dumps(self.facts, ensure_ascii=False), "utf-8")
        return path


def load_set(name: str) -> RecordedSet:
    """One set, on top of those that it stands on."""
    given = _read(name)
    expected = []
    for line in given.get("expect", []):
        found = _EXPECTED.fullmatch(line)
        assert found, f"{name}: {line!r} is not `severity id: part of the message`"
        expected.append((found[1], found[2], found[3]))
    merged = _merged(name)
    facts = {
        "version": 1,
        "devkit": "0.1.0",
        "recorded": "2026-11-01T08:00:00+00:00",
        "platform": merged["platform"],
        "engine": merged["engine"],
        "environ": {key: value for key, value in merged["environ"].items() if value is not None},
        "masked": sorted(merged["masked"]),
        "facts": {key: _entry(key, value) for key, value in merged["facts"].items()},
    }
    return RecordedSet(
        name,
        given["about"],
        tuple(given["sources"]),
        facts,
        tuple(expected),
        frozenset(given.get("unrecorded", [])),
    )


@cache
def _read(name: str) -> dict[str, Any]:
    """As it is in the file; not to be changed."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a set on top of others is read by many
    loaded: dict[str, Any] = yaml.load((MACHINES / f"{name}.yaml").read_text("utf-8"), loader)
    known = {
        "about",
        "sources",
        "from",
        "platform",
        "engine",
        "environ",
        "masked",
        "facts",
        "absent",
        "expect",
        "unrecorded",
    }
    assert set(loaded) <= known, f"{name}: {set(loaded) - known}"
    return loaded


def _merged(name: str) -> dict[str, Any]:
    given = _read(name)
    below = _merged(given["from"]) if "from" in given else {"environ": {}, "facts": {}, "masked": set()}
    facts = {**below["facts"], **given.get("facts", {})}
    for key in given.get("absent", []):
        assert key in facts, f"{name}: there is no fact {key!r} to take away"
        del facts[key]
    return {
        "platform": given.get("platform") or below["platform"],
        "engine": given.get("engine") or below["engine"],
        "environ": {**below["environ"], **given.get("environ", {})},
        "masked": below["masked"] | set(given.get("masked", [])),
        "facts": facts,
    }


def _entry(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and (value == {"masked": True} or isinstance(value.get("problem"), dict)):
        return value
    if key.startswith("ask "):
        if isinstance(value, str):
            return {"value": {"code": 0, "out": value, "err": ""}}
        return {"value": {"code": 0, "out": "", "err": "", **value}}
    if key.startswith("path "):
        return {"value": _path(value)}
    return {"value": value}


_USUAL = {"writable": True, "uid": 1000, "owner": "dev", "real": ""}
_WORDS: dict[str | None, dict[str, Any]] = {
    None: {"real": ""},
    "file": {"kind": "file", "mode": 0o644, "runnable": False, **_USUAL},
    "program": {"kind": "file", "mode": 0o755, "runnable": True, **_USUAL},
    "folder": {"kind": "folder", "mode": 0o755, "runnable": True, **_USUAL},
    "socket": {"kind": "socket", "mode": 0o660, "runnable": False, **_USUAL},
}


def _path(value: Any) -> dict[str, Any]:
    """A word stands for what usually lies at such a path; `is` names the word that other keys change."""
    if isinstance(value, dict):
        changes = {key: each for key, each in value.items() if key != "is"}
        return {**_WORDS[value.get("is")], **changes}
    return _WORDS[value]
