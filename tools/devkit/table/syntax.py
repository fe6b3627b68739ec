"""YAML text → plain data, with the place of every key and value.

PyYAML reads YAML 1.1, editors and people read 1.2. Where the two disagree (`on`, `010`, `12:30`) nothing is
guessed: the value is reported, to be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from devkit.findings.model import Finding, Place
from devkit.table.limits import Size, alias_places, expanded, measure
from devkit.table.source_map import Data, Path, SourceMap, error
from devkit.yaml_text.mistakes import syntax_findings
from devkit.yaml_text.nodes import LOADER, place_of

__all__ = ["Syntax", "read_syntax"]

_MAX_DIGITS = 40
_PREFIX = "tag:yaml.org,2002:"
_INT_1_2 = re.compile(r"[-+]?(0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT_1_2 = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass
class Syntax:
    """What the text says. `data` is None when it says nothing that can be used."""

    data: Data
    source_map: SourceMap
    findings: list[Finding] = field(default_factory=list)


def read_syntax(text: str, file: str) -> Syntax:
    """Parse `text`. A syntax error stops here with one finding; all else is collected."""
    source_map = SourceMap(file)
    try:
        size = measure(text, file)
        root = yaml.compose(text, Loader=LOADER) if isinstance(size, Size) else None
    except yaml.MarkedYAMLError as problem_found:
        return Syntax(None, source_map, list(syntax_findings(problem_found, text, file, error)))
    except (yaml.YAMLError, RecursionError, ValueError) as problem_found:
        reason = str(problem_found).splitlines()[0] if str(problem_found) else "it is nested too deeply"
        return Syntax(None, source_map, [error("syntax", f"is not YAML: {reason}", Place(file))])
    if not isinstance(size, Size):
        return Syntax(None, source_map, [size])
    if root is None or root.tag == _PREFIX + "null":
        finding = error("empty", "is empty", Place(file), "begin with `version: 1`")
        return Syntax(None, source_map, [finding])
    aliases: Mapping[tuple[int, int], Place] = {}
    if size.aliases:
        if (oversize := expanded(root, size.values, file)) is not None:
            return Syntax(None, source_map, [oversize])
        aliases = alias_places(root, text, file)
    builder = _Builder(source_map, aliases)
    data = builder.build(root, ())
    return Syntax(data, source_map, builder.findings)


class _Builder:
    """Nodes → data. Reports each key that is not text or stands twice, and each value that is ambiguous."""

    def __init__(self, source_map: SourceMap, aliases: Mapping[tuple[int, int], Place]) -> None:
        self.source_map = source_map
        self.aliases = aliases
        self.findings: list[Finding] = []

    def place(self, node: yaml.Node) -> Place:
        return place_of(node, self.source_map.file)

    def build(self, node: yaml.Node, path: Path, alias: Place | None = None) -> Data:
        """The node's data; what an alias stands for is found at the alias, what is inside it at the anchor."""
        self.source_map.values[path] = alias or self.place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.build(child, (*path, index), self.aliases.get((id(node), index)))
                for index, child in enumerate(node.value)
            ]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Data:
        result: dict[str, Data] = {}
        seen: dict[str, Place] = {}
        merged: list[yaml.MappingNode] = []
        for index, (key_node, value_node) in enumerate(node.value):
            place = self.aliases.get((id(node), 2 * index)) or self.place(key_node)
            if key_node.tag == _PREFIX + "merge":
                merged += self._sources(value_node)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self.report("key-not-text", "a key is text, not a list or a mapping", place)
                continue
            key = str(key_node.value)
            if key in seen:
                message = f"`{key}` is given twice, here and in line {seen[key].line}"
                self.report("duplicate-key", message, place, "keep one of the two")
                continue
            seen[key] = self.source_map.keys[(*path, key)] = place
            alias = self.aliases.get((id(node), 2 * index + 1))
            result[key] = self.build(value_node, (*path, key), alias)
        for source in merged:
            self._merge(source, path, result)
        return result

    def _sources(self, node: yaml.Node) -> list[yaml.MappingNode]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        good = [n for n in nodes if isinstance(n, yaml.MappingNode)]
        if len(good) < len(nodes):
            self.report("bad-merge", "`<<` takes a mapping, or a list of mappings", self.place(node))
        return good

    def _merge(self, source: yaml.MappingNode, path: Path, result: dict[str, Data]) -> None:
        scratch = _Builder(SourceMap(self.source_map.file), self.aliases)
        values = scratch.build(source, ())
        assert isinstance(values, dict)
        for key in values.keys() - result.keys():
            for kind in ("keys", "values"):
                places = getattr(self.source_map, kind)
                found = getattr(scratch.source_map, kind).items()
                places.update({(*path, *inner): place for inner, place in found if inner[:1] == (key,)})
        result |= {key: value for key, value in values.items() if key not in result}

    def _scalar(self, node: yaml.ScalarNode) -> Data:
        text = str(node.value)
        kind = str(node.tag).removeprefix(_PREFIX)
        if kind in ("str", "timestamp", "value", "merge") or node.style in ("'", '"'):
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind in ("int", "float") and len(text) > _MAX_DIGITS:
            message = f"this number is {len(text)} characters long; the maximum is {_MAX_DIGITS}"
            self.report("long-number", message, self.place(node), "shorten it, or quote it for the text")
            return text
        if kind == "int" and _INT_1_2.fullmatch(text):
            return int(text, 8 if text.startswith("0o") else 0)
        if kind in ("int", "float") and _FLOAT_1_2.fullmatch(text) and not re.match(r"[-+]?0\d", text):
            return float(text)
        if kind in ("bool", "int", "float"):
            self._ambiguous(node, text, kind)
            return text
        self.report("tag", f"the tag `{node.tag}` is not supported", self.place(node), "delete the tag")
        return text

    def _ambiguous(self, node: yaml.ScalarNode, text: str, kind: str) -> None:
        meaning = {"bool": "a switch", "int": "a number", "float": "a number"}[kind]
        message = f"`{text}` is text to some YAML readers and {meaning} to others"
        other = ", or true or false for a switch" if kind == "bool" else ""
        if "_" in text:
            other = f", or {text.replace('_', '')} for the number"
        fix = f'write "{text}" for the text{other}'
        if re.fullmatch(r"[-+]?\.(inf|nan)", text, re.IGNORECASE):
            message = f"`{text}` is not a number that a table takes"
            fix = f'write a number in digits, or "{text}" for the text'
        self.report("ambiguous", message, self.place(node), fix)

    def report(self, name: str, message: str, place: Place, fix: str | None = None) -> None:
        finding = error(name, message, place, fix)
        if finding not in self.findings:
            self.findings.append(finding)
