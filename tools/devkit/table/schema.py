"""The table's schema: what all services have (services.schema.json), and each type's own part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import Keys, ServiceType

__all__ = ["Schema", "schema_with"]

Schema: TypeAlias = Mapping[str, Any]

_FILE = Path(__file__).with_name("services.schema.json")
# What every type takes.
_ALWAYS = frozenset(
    {"type", "about", "port", "resources", "dev_resources", "development_only", "enabled", "one_copy"}
)
_NOT_HERE = {"$ref": "#/$defs/notHere"}


def schema_with(types: Mapping[str, ServiceType]) -> Schema:
    """The whole schema for a table that may name these types.

    Raises DevkitError (exit 2) when two of them describe a key of one name differently.
    """
    return _composed(tuple(types.values()))


@cache
def _composed(types: tuple[ServiceType, ...]) -> Schema:
    schema: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    service = schema["$defs"]["service"]
    properties: dict[str, Any] = service["properties"]
    shared = frozenset(properties)
    for kind in types:
        for key, described in kind.keys.specific.items():
            if properties.setdefault(key, described) != described:
                raise DevkitError(
                    f"the service type `{kind.name}` describes `{key}` differently from another type",
                    fix="a type from a package must give it another name",
                    exit_code=ExitCode.USAGE,
                )
    properties["type"] |= {
        "description": " · ".join(f"{kind.name}: {kind.about}" for kind in types) + ".",
        "enum": [kind.name for kind in types],
    }
    service["allOf"] = [_variant(kind.name, kind.keys, shared, properties) for kind in types]
    return schema


def _variant(name: str, keys: Keys, shared: frozenset[str], properties: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from a service being of this type."""
    taken = _ALWAYS | set(keys.takes) | keys.specific.keys()
    if unknown := set(keys.takes) - shared:
        raise DevkitError(
            f"the service type `{name}` takes {sorted(unknown)[0]!r}, a key without a description"
        )
    refused = {key: _NOT_HERE for key in properties if key not in taken}
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {"required": list(keys.required), "properties": refused},
    }
