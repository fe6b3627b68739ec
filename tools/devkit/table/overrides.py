"""tilt_config.json: what one developer runs differently. Flat, of the types that Tilt's own `config` knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.findings.model import Finding, Place, Severity, worst_first
from devkit.findings.text import render_text
from devkit.model import Table
from devkit.table.source_map import SourceMap
from devkit.table.syntax import read_syntax
from devkit.table.words import closest, kind_of, listed

__all__ = [
    "CONFIG_FILE",
    "Overrides",
    "Setting",
    "groups",
    "inspect_config",
    "meshes",
    "parse_overrides",
    "read_config",
    "settings",
]

CONFIG_FILE = "tilt_config.json"
_SCALE = (Decimal("0.1"), Decimal(4))
_MAX_OFFSET = 50_000
_KINDS = {"bool": bool, "string": str, "string_list": list}
_WRITTEN = {
    "bool": "true or false",
    "string": 'text in quotes, as in "100"',
    "string_list": 'a list, as in ["api"]',
}


@dataclass(frozen=True)
class Setting:
    """One key of tilt_config.json. `type` is Tilt's: bool, string or string_list; `args` marks the one that
    `tilt up NAME…` fills."""

    name: str
    type: str
    about: str
    args: bool = False


@dataclass(frozen=True)
class Overrides:
    """The developer's settings, checked. `services` empty means all; `port_offset` is added to every port on this
    machine; `resource_scale` multiplies what is requested; `switched` are the services with a switch of their own."""

    services: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    debug: bool = True
    mesh: str = "none"
    port_offset: int = 0
    resource_scale: Decimal = Decimal(1)
    switched: tuple[tuple[str, bool], ...] = ()


def settings(table: Table) -> tuple[Setting, ...]:
    """Every key that tilt_config.json may have; services that the table lets one switch have their own."""
    fixed = (
        Setting("services", "string_list", "run only these services or groups, with what they need and call", args=True),
        Setting("off", "string_list", "do not run these; their callers meet a stub that answers 503"),
        Setting("debug", "bool", "debug ports of the Python services (true)"),
        Setting("mesh", "string", f"service mesh: {', '.join(meshes(table))} (none)"),
        Setting("port_offset", "string", f"move every port on this machine up by 0 to {_MAX_OFFSET} (0)"),
        Setting("resource_scale", "string", f"multiply what is requested of the node by {_SCALE[0]} to {_SCALE[1]} (1)"),
    )  # fmt: skip
    switches = (
        Setting(service.module, "bool", f"run {service.name} ({'true' if service.enabled else 'false'})")
        for service in table.services.values()
        if service.enabled is not None
    )
    return (*fixed, *switches)


def meshes(table: Table) -> tuple[str, ...]:
    """What `mesh` may be."""
    return ("none", *table.meshes)


def groups(table: Table) -> dict[str, list[str]]:
    """Services by the group that Tilt shows them in."""
    found: dict[str, list[str]] = {}
    for service in table.services.values():
        found.setdefault(service.group, []).append(service.name)
    return found


def read_config(root: Path) -> tuple[dict[str, Any], SourceMap]:
    """tilt_config.json as it stands, and where its keys are. A missing file is an empty one.

    Raises DevkitError (exit 2) when it is no JSON object.
    """
    data, source_map, found = _read(root)
    if found:
        raise _refusal(found)
    return data, source_map


def inspect_config(root: Path, table: Table) -> list[Finding]:
    """Every mistake in tilt_config.json, with its place."""
    data, source_map, found = _read(root)
    return found or list(_mistakes(table, data, source_map))


def _read(root: Path) -> tuple[dict[str, Any], SourceMap, list[Finding]]:
    path, begin_anew = root / CONFIG_FILE, "start over with {}"
    source_map, whole = SourceMap(CONFIG_FILE), Place(CONFIG_FILE)
    try:
        text = path.read_text("utf-8-sig")
        data = json.loads(text)
    except FileNotFoundError:
        return {}, source_map, []
    except OSError as problem:
        return {}, source_map, [_error("unreadable", f"cannot be read: {problem.strerror}", whole)]
    except json.JSONDecodeError as problem:
        place = Place(CONFIG_FILE, problem.lineno, problem.colno)
        return {}, source_map, [_error("syntax", f"is not JSON: {problem.msg}", place)]
    except (ValueError, RecursionError):
        return {}, source_map, [_error("syntax", "is not JSON", whole, begin_anew)]
    if not isinstance(data, dict):
        message = f"holds {kind_of(data)}, not an object"
        return {}, source_map, [_error("shape", message, Place(CONFIG_FILE, 1, 1), begin_anew)]
    syntax = read_syntax(text, CONFIG_FILE)  # JSON is YAML: this reader knows where things stand
    doubled = [f for f in syntax.findings if f.id == "table.duplicate-key"]
    return data, syntax.source_map, [_error("duplicate-key", f.message, f.place, f.fix) for f in doubled]


def parse_overrides(
    table: Table, values: Mapping[str, Any], source_map: SourceMap | None = None
) -> Overrides:
    """The settings, checked against the table.

    Raises DevkitError (exit 2) that names every mistake, its place and what is allowed there.
    """
    where = source_map or SourceMap("the command line")
    found = list(_mistakes(table, values, where))
    if found:
        raise _refusal(found)
    switches = {s.module: s for s in table.services.values() if s.enabled is not None}
    return Overrides(
        services=tuple(_expanded(table, values.get("services", ()))),
        off=tuple(_expanded(table, values.get("off", ()))),
        debug=values.get("debug", True),
        mesh=values.get("mesh", "none"),
        port_offset=int(values.get("port_offset", "0")),
        resource_scale=Decimal(values.get("resource_scale", "1")),
        switched=tuple(
            (service.name, bool(values.get(name, service.enabled))) for name, service in switches.items()
        ),
    )


def _mistakes(table: Table, values: Mapping[str, Any], source_map: SourceMap) -> Iterator[Finding]:
    known = {setting.name: setting for setting in settings(table)}
    for name, value in values.items():
        if name not in known:
            near = closest(name, known)
            fix = (f"did you mean `{near}`? " if near else "") + f"allowed are {listed(known)}"
            yield _error("unknown-key", f"unknown key `{name}`", source_map.key(name), fix)
            continue
        kind = known[name].type
        if not isinstance(value, _KINDS[kind]):
            message = f"`{name}` is {kind_of(value)}"
            yield _error("type", message, source_map.value(name), f"write {_WRITTEN[kind]}")
        elif isinstance(value, list):
            yield from _unknown_names(table, name, value, source_map)
        else:
            yield from _bad_value(table, name, value, source_map)
    if values.get("debug") is True and not table.debug:
        message = f"`debug` is on here, and off in {table.file}"
        yield _error("value", message, source_map.value("debug"), "delete it here, or `debug: false` there")
    if isinstance(values.get("off"), list):
        yield from _needed(table, values, source_map)


def _unknown_names(table: Table, key: str, value: list[Any], source_map: SourceMap) -> Iterator[Finding]:
    names = [*table.services, *groups(table)]
    for index, name in enumerate(value):
        if name not in names:
            near = closest(str(name), names)
            fix = (f"did you mean `{near}`? " if near else "") + (
                f"services are {listed(table.services)}; groups are {listed(groups(table))}"
            )
            yield _error(
                "unknown-service", f"`{key}` names `{name}`, which is none", source_map.value(key, index), fix
            )


def _bad_value(table: Table, name: str, value: Any, source_map: SourceMap) -> Iterator[Finding]:
    if name == "mesh" and value not in (known := meshes(table)):
        near = closest(value, known)
        fix = f"did you mean `{near}`?" if near else f"allowed: {listed(known)}"
        fix = fix if table.meshes else f"add `meshes:` to {table.file}, or delete it here"
        yield _error("value", f"no mesh `{value}`", source_map.value(name), fix)
    elif name == "port_offset" and not (
        value.isdecimal() and value.isascii() and int(value[:9]) <= _MAX_OFFSET
    ):
        message = f"`{value}` is not a whole number from 0 to {_MAX_OFFSET}"
        yield _error("value", message, source_map.value(name), 'write it as "100"')
    elif name == "resource_scale" and not _is_scale(value):
        message = f"`{value}` is not a number from {_SCALE[0]} to {_SCALE[1]}"
        yield _error("value", message, source_map.value(name), 'write it as "0.5"')


def _is_scale(value: str) -> bool:
    plain = value.replace(".", "", 1)
    return (
        plain.isdecimal() and plain.isascii() and len(value) < 10 and _SCALE[0] <= Decimal(value) <= _SCALE[1]
    )


def _needed(table: Table, values: Mapping[str, Any], source_map: SourceMap) -> Iterator[Finding]:
    """What must be up before another starts cannot be replaced by a stub."""
    off = set(_expanded(table, values["off"]))
    for service in table.services.values():
        for need in service.needs:
            if service.name not in off and need in off:
                message = f"`off` names `{need}`, which `{service.name}` needs"
                fix = f"switch `{service.name}` off too, or keep `{need}`"
                yield _error("needed", message, source_map.value("off"), fix)


def _expanded(table: Table, names: Iterable[Any]) -> list[str]:
    """Groups replaced by their services, in the table's order."""
    members = groups(table)
    wanted = {member for name in names for member in members.get(str(name), [str(name)])}
    return [name for name in table.services if name in wanted]


def _error(name: str, message: str, place: Place | None, fix: str | None = None) -> Finding:
    return Finding(f"overrides.{name}", Severity.ERROR, message, place, fix)


def _refusal(findings: list[Finding]) -> DevkitError:
    number = len(findings)
    text = render_text(worst_first(findings))
    return DevkitError(
        f"{CONFIG_FILE} has {number} error{'s' * (number > 1)}\n{text}", exit_code=ExitCode.USAGE
    )
