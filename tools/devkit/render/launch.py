"""Our entries in .vscode/launch.json, told by their names. All others stay byte for byte where they are."""

from __future__ import annotations

import json
from typing import Any

from devkit.findings.model import Finding, Place, Severity
from devkit.render import jsonc
from devkit.table.model import Service, Table

__all__ = ["LAUNCH_FILE", "merge_launch"]

LAUNCH_FILE = ".vscode/launch.json"
_MARK = "(devkit)"


def merge_launch(table: Table, existing: bytes | None) -> bytes | Finding:
    """The file with our entries as the table wants them; a finding, and no change, if the file is broken."""
    try:
        return _merge(table, existing)
    except RecursionError:
        broken = jsonc.Broken("is nested too deeply", 1, 1)
    except jsonc.Broken as found:
        broken = found
    place = Place(LAUNCH_FILE, broken.line, broken.column)
    mend = "mend it, or delete the file and let devkit write a new one"
    return Finding("generate.broken-json", Severity.ERROR, broken.message, place, mend)


def _merge(table: Table, existing: bytes | None) -> bytes:
    attach = [_attach(service) for service in table.services.values() if service.debug_port]
    every = {"name": f"Attach: all services {_MARK}", "configurations": [entry["name"] for entry in attach]}
    wanted = {"configurations": attach, "compounds": [every] if attach else []}
    root = jsonc.parse(existing) if existing is not None else None
    if existing is None or root is None:
        fresh = json.dumps({"version": "0.2.0"} | wanted, indent=2, ensure_ascii=False).encode() + b"\n"
        return (existing.rstrip() + b"\n" if existing and existing.strip() else b"") + fresh
    if root.type != "object":
        raise jsonc.Broken("is not a mapping", root.start_point[0] + 1, root.start_point[1] + 1)
    text = existing
    for key, entries in wanted.items():
        text = _merge_list(text, key, entries)
    return text


def _merge_list(text: bytes, key: str, wanted: list[dict[str, Any]]) -> bytes:
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    root, array = _find(text, key)
    if array is None:
        if not wanted:
            return text
        indent = _first_indent(text, root) or b"    "
        text = jsonc.insert_member(
            text, root, indent + f'"{key}": [{newline.decode()}'.encode() + indent + b"]", newline
        )
    names = {entry["name"] for entry in wanted}
    text = _drop_obsolete(text, key, names)
    for entry in wanted:
        text = _put(text, key, entry, newline)
    return text


def _drop_obsolete(text: bytes, key: str, names: set[str]) -> bytes:
    """Ours that the table no longer wants, and ours that stand twice."""
    while True:
        array = _find(text, key)[1]
        assert array is not None
        seen: set[str] = set()
        for index, element in enumerate(jsonc.elements(array)):
            name = _our_name(element)
            if name is not None and (name not in names or name in seen):
                text = jsonc.remove(text, array, index)
                break
            seen |= {name} if name else set()
        else:
            return text


def _put(text: bytes, key: str, entry: dict[str, Any], newline: bytes) -> bytes:
    """One entry, replaced where it is or added behind the last."""
    root, array = _find(text, key)
    assert array is not None
    present = jsonc.elements(array)
    outer = _first_indent(text, root) or b"    "
    inner = (jsonc.indent_at(text, present[0].start) if present else None) or outer * 2
    written = _written(entry, inner, outer, newline)
    for element in present:
        if _our_name(element) == entry["name"]:
            if element.value == entry:
                return text
            return jsonc.splice(text, element.start, element.end, written)
    if present:
        end = present[-1].end
        return jsonc.splice(text, end, end, b"," + newline + inner + written)
    start = array.start_byte + 1
    # Comments inside an empty list keep their place behind the entry.
    rest = text[start : array.end_byte - 1]
    tail = b"" if rest.startswith((b"\n", b"\r")) else newline + outer
    return jsonc.splice(text, start, start, newline + inner + written + tail)


def _written(entry: dict[str, Any], inner: bytes, outer: bytes, newline: bytes) -> bytes:
    unit = "\t" if outer.startswith(b"\t") else len(outer) or 2
    lines = json.dumps(entry, indent=unit, ensure_ascii=False).encode().split(b"\n")
    return (newline + inner).join(lines)


def _find(text: bytes, key: str) -> tuple[Any, Any]:
    root = jsonc.parse(text)
    assert root is not None
    array = jsonc.member(root, key)
    if array is not None and array.type != "array":
        raise jsonc.Broken(f"`{key}` is not a list", array.start_point[0] + 1, array.start_point[1] + 1)
    return root, array


def _first_indent(text: bytes, root: Any) -> bytes | None:
    pairs = [child for child in root.named_children if child.type == "pair"]
    return jsonc.indent_at(text, pairs[0].start_byte) if pairs else None


def _our_name(element: jsonc.Element) -> str | None:
    name = element.value.get("name") if isinstance(element.value, dict) else None
    return name if isinstance(name, str) and name.endswith(_MARK) else None


def _attach(service: Service) -> dict[str, Any]:
    return {
        "name": f"Attach: {service.name.replace('-', ' ').title()} {_MARK}",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": "127.0.0.1", "port": service.debug_port},
        # `.` is the debugged process's own folder: /app in a container, the clone on the local engine.
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": "."}],
        "justMyCode": True,
        "subProcess": True,
    }
