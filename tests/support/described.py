"""Requests drawn from an OpenAPI document: what it allows, and as often what it does not.

Schemathesis and hypothesis-jsonschema would do it, but do not work with the Hypothesis and jsonschema-rs that are locked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from hypothesis import strategies as st

__all__ = ["Description", "Operation", "Sent"]

Schema = Mapping[str, Any]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.sampled_from(["\0", "\ud800"])
    | st.text(st.characters(exclude_categories=()), max_size=20)  # a JSON text may have half a surrogate pair
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# No database takes a NUL; it is too rare to be left to chance.
_TEXT = st.text(max_size=20) | st.sampled_from(["\0", "a\0b"])
_WORDS = _TEXT | st.sampled_from(["0", "-1", "9" * 30, "1e400", "nan", "true", "null", "%00", ".."])
# What HTTP lets through in a header.
_HEADERS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20).map(
    lambda value: "".join(c for c in value if not 0x7F <= ord(c) < 0xA0).strip()
)


@dataclass(frozen=True)
class Sent:
    """One request."""

    path: str
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: bytes | None


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    said: Mapping[str, Any]
    description: Description

    def requests(self) -> st.SearchStrategy[Sent]:
        """What is asked for, or with parts that are not. A POST whose body nothing is said of gets any JSON."""
        return self._drawn(wild=False) | self._drawn(wild=True)

    def mismatch(self, code: int, content: bytes) -> str | None:
        """How a successful answer differs from what is said of it."""
        if str(code) not in self.said["responses"]:
            return f"{code} is not described"
        schema = (
            self.said["responses"][str(code)].get("content", {}).get("application/json", {}).get("schema")
        )
        if not schema:
            return None
        whole = {**schema, "components": self.description.document.get("components", {})}
        problem = next(jsonschema_rs.validator_for(whole).iter_errors(json.loads(content)), None)
        return str(problem) if problem else None

    def _drawn(self, wild: bool) -> st.SearchStrategy[Sent]:
        parameters = st.fixed_dictionaries(dict(self._parameters(wild)))
        return st.builds(self._sent, parameters, self._body(wild) if self.method == "post" else st.none())

    def _parameters(self, wild: bool) -> Iterator[tuple[tuple[str, str], st.SearchStrategy[Any]]]:
        for parameter in self.said.get("parameters", []):
            place, name = parameter["in"], parameter["name"]
            if place == "cookie" or name in self.description.withheld:
                continue
            if place == "header":
                values: st.SearchStrategy[Any] = _HEADERS
            else:
                values = self.description.allowed(parameter["schema"])
                values = values | _WORDS if wild else values
            # With nothing or a slash there, it would be another path.
            if place == "path":
                values = values.filter(_is_segment)
            elif wild or not parameter.get("required"):
                values = st.none() | values
            yield (place, name), values

    def _body(self, wild: bool) -> st.SearchStrategy[bytes]:
        content = self.said.get("requestBody", {}).get("content", {})
        right = self.description.allowed(content.get("application/json", {}).get("schema", {}))
        broken = st.builds(_with, right, st.text(max_size=8), _ANYTHING)
        values = (right | broken | _ANYTHING if wild else right).map(lambda value: json.dumps(value).encode())
        return values | st.binary(max_size=40) if wild else values

    def _sent(self, parameters: dict[tuple[str, str], Any], body: bytes | None) -> Sent:
        texts = {key: _text(value) for key, value in parameters.items() if value is not None}
        path = reduce(
            lambda path, item: path.replace("{" + item[0] + "}", quote(item[1], safe="")),
            [(name, text) for (place, name), text in texts.items() if place == "path"],
            self.path,
        )
        return Sent(
            path,
            {name: text for (place, name), text in texts.items() if place == "query"},
            {
                name.encode(): text.encode("latin-1")
                for (place, name), text in texts.items()
                if place == "header"
            },
            body,
        )


@dataclass(frozen=True)
class Description:
    """A document, the names of the parameters that are not drawn, and UUIDs of what there is."""

    document: Mapping[str, Any]
    withheld: frozenset[str]
    known: tuple[str, ...]

    def operations(self) -> Iterator[Operation]:
        """All that it describes."""
        for path, methods in self.document["paths"].items():
            for method, said in methods.items():
                yield Operation(method, path, said, self)

    def allowed(self, schema: Schema) -> st.SearchStrategy[Any]:
        """The values of a schema, of the keywords that FastAPI writes."""
        if "$ref" in schema:
            names = schema["$ref"].removeprefix("#/").split("/")
            return self.allowed(reduce(lambda level, name: level[name], names, self.document))
        if "anyOf" in schema:
            return st.one_of([self.allowed(option) for option in schema["anyOf"]])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds = {
            "string": self._string,
            "integer": _integer,
            "number": _number,
            "array": self._array,
            "object": self._object,
        }
        simple = {"boolean": st.booleans(), "null": st.none(), None: _ANYTHING}
        kind = schema.get("type")
        return kinds[kind](schema) if kind in kinds else simple[kind]

    def _string(self, schema: Schema) -> st.SearchStrategy[Any]:
        if schema.get("format") == "uuid":
            known = st.sampled_from(self.known)
            return known | known | known | st.uuids().map(str)
        least, most = schema.get("minLength", 0), schema.get("maxLength", 20)
        return st.text(min_size=least, max_size=min(most, 40)) | _TEXT.filter(
            lambda text: least <= len(text) <= most
        )

    def _array(self, schema: Schema) -> st.SearchStrategy[Any]:
        return st.lists(self.allowed(schema.get("items", {})), max_size=3)

    def _object(self, schema: Schema) -> st.SearchStrategy[Any]:
        fields = {name: self.allowed(value) for name, value in schema.get("properties", {}).items()}
        needed = set(schema.get("required", []))
        return st.fixed_dictionaries(
            {name: value for name, value in fields.items() if name in needed},
            optional={name: value for name, value in fields.items() if name not in needed},
        )


def _integer(schema: Schema) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _number(schema: Schema) -> st.SearchStrategy[Any]:
    return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False)


def _is_segment(value: object) -> bool:
    return value != "" and "/" not in str(value)


def _with(value: Any, name: str, other: Any) -> Any:
    """An object with one field more and one of its own replaced; anything else becomes an object."""
    if not isinstance(value, dict) or not value:
        return {name: other}
    replaced = sorted(value)[len(name) % len(value)]
    return {**value, replaced: other, name: other}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
