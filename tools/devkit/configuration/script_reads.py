"""Which variables TypeScript and JavaScript read: `process.env`, `import.meta.env` and their like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from devkit.configuration.credentials import HOLE
from devkit.configuration.model import Scan
from devkit.configuration.script_tree import line_of, path_of, text_of

__all__ = ["find_reads"]

_ENVIRONMENT = re.compile(r"(?:(?:globalThis|window|global)\.)?(?:process\.env|Bun\.env)$|import\.meta\.env$")
_READERS = {"Deno.env.get", "Bun.env.get"}
_WHOLE = {"Object.keys", "Object.entries", "Object.values"}
# What gives a pattern its value, and the names of both.
_BINDING = {
    "variable_declarator": ("name", "value"),
    "assignment_expression": ("left", "right"),
    "required_parameter": ("pattern", "value"),
    "optional_parameter": ("pattern", "value"),
    "assignment_pattern": ("left", "right"),
}
# What Vite itself defines.
_OF_VITE = {"MODE", "DEV", "PROD", "SSR", "BASE_URL"}


def find_reads(scan: Scan, nodes: Sequence[Node]) -> None:
    """Notes each variable, and each read by a name that is only known at run time."""
    aliases, constants = _aliases(nodes), _constants(nodes)

    def environment(node: Node | None) -> str:
        """The environment that an expression is, under its own name; empty when it is none."""
        path = path_of(node)
        head, dot, rest = path.partition(".")
        path = aliases.get(head, head) + dot + rest
        return path if _ENVIRONMENT.search(path) else ""

    def read(name: str, node: Node, of: str) -> None:
        at_build = of.startswith("import.meta")
        if not (at_build and name in _OF_VITE):
            scan.read(name, line_of(node), at_build=at_build)

    for node in nodes:
        if node.type == "member_expression" and (of := environment(node.child_by_field_name("object"))):
            read(_text(node.child_by_field_name("property")), node, of)
        elif node.type == "subscript_expression" and (of := environment(node.child_by_field_name("object"))):
            index = node.child_by_field_name("index")
            name = text_of(index) or constants.get(_text(index))
            if name is not None and HOLE not in name:
                read(name, node, of)
            else:
                _dynamic(scan, node)
        elif node.type in _BINDING:
            pattern, value = (node.child_by_field_name(field) for field in _BINDING[node.type])
            if path_of(value) == "process":
                pattern, of = _env_of(pattern), "process.env"
            else:
                of = environment(value)
            for name, at in _destructured(scan, pattern) if of else ():
                read(name, at, of)
        elif node.type == "call_expression":
            called, arguments = (
                path_of(node.child_by_field_name("function")),
                node.child_by_field_name("arguments"),
            )
            given = (
                arguments.named_children[0] if arguments is not None and arguments.named_children else None
            )
            if called in _READERS:
                name = text_of(given) or constants.get(_text(given))
                if name:
                    read(name, node, called)
                else:
                    _dynamic(scan, node)
            elif called in _WHOLE and environment(given):
                _dynamic(scan, node)
        elif node.type == "for_in_statement" and environment(node.child_by_field_name("right")):
            _dynamic(scan, node)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _env_of(pattern: Node | None) -> Node | None:
    """The inner pattern of `{ env: { A } }`."""
    for part in pattern.named_children if pattern is not None and pattern.type == "object_pattern" else ():
        if part.type == "pair_pattern" and _text(part.child_by_field_name("key")) == "env":
            return part.child_by_field_name("value")
    return None


def _destructured(scan: Scan, pattern: Node | None) -> list[tuple[str, Node]]:
    """The variables of `const { A, B: b, C = "c" } = …`; what is left over by `...rest` cannot be checked."""
    found: list[tuple[str, Node]] = []
    for part in pattern.named_children if pattern is not None and pattern.type == "object_pattern" else ():
        if part.type == "shorthand_property_identifier_pattern":
            found.append((_text(part), part))
        elif part.type == "object_assignment_pattern":
            found.append((_text(part.child_by_field_name("left")), part))
        elif part.type == "pair_pattern":
            key = part.child_by_field_name("key")
            name = text_of(key) or _text(key)
            if key is not None and key.type == "computed_property_name":
                _dynamic(scan, part)
            else:
                found.append((name, part))
        elif part.type == "rest_pattern":
            _dynamic(scan, part)
    return found


def _aliases(nodes: Sequence[Node]) -> dict[str, str]:
    """`const env = process.env`, `import { env } from "node:process"`, `const { env } = process`."""
    found: dict[str, str] = {}
    for node in nodes:
        if node.type == "variable_declarator":
            name, value = node.child_by_field_name("name"), path_of(node.child_by_field_name("value"))
            if name is not None and name.type == "identifier" and _ENVIRONMENT.search(value):
                found[_text(name)] = value
            elif (
                name is not None
                and name.type == "object_pattern"
                and value == "process"
                and "env" in _text(name)
            ):
                alias = re.search(r"\benv\s*(?::\s*(\w+))?", _text(name))
                found[(alias and alias[1]) or "env"] = "process.env"
        elif node.type == "import_statement" and (text_of(node.child_by_field_name("source")) or "") in (
            "process",
            "node:process",
        ):
            words = _text(node)
            if alias := re.search(r"\{[^}]*\benv(?:\s+as\s+(\w+))?[^}]*\}", words):
                found[alias[1] or "env"] = "process.env"
            if alias := re.search(r"import\s+(?:\*\s+as\s+)?(\w+)", words):
                found[alias[1]] = "process"
    return found


def _constants(nodes: Sequence[Node]) -> dict[str, str]:
    """Names that stand for one text each."""
    found: dict[str, str] = {}
    for node in nodes:
        if node.type == "variable_declarator" and (text := text_of(node.child_by_field_name("value"))):
            found[_text(node.child_by_field_name("name"))] = text
    return found


def _dynamic(scan: Scan, node: Node) -> None:
    fix = "read each variable by its name, or allow it with the reason why its names are known elsewhere"
    scan.suspect(
        line_of(node),
        [("dynamic", "which variable is read here is only known at run time", fix)],
        certain=False,
    )
