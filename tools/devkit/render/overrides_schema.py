"""JSON Schema of tilt_config.json, for editors. It is attached in .vscode/settings.json: Tilt refuses a `$schema` key."""

from __future__ import annotations

import json
from typing import Any

from devkit.model import Table
from devkit.table.overrides import groups, meshes, settings

__all__ = ["overrides_schema"]


def overrides_schema(table: Table) -> str:
    """The schema's text; services and groups are offered by name."""
    names = [*table.services, *groups(table)]
    shapes: dict[str, dict[str, Any]] = {
        "bool": {"type": "boolean"},
        "string": {"type": "string"},
        "string_list": {"type": "array", "items": {"enum": names}, "uniqueItems": True},
    }
    narrowed: dict[str, dict[str, Any]] = {
        "mesh": {"enum": list(meshes(table))},
        "port_offset": {"pattern": "^[0-9]{1,5}$"},
        "resource_scale": {"pattern": r"^[0-9]*\.?[0-9]+$"},
    }
    properties = {
        setting.name: {"description": setting.about} | shapes[setting.type] | narrowed.get(setting.name, {})
        for setting in settings(table)
    }
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "tilt_config.json",
        "description": f"What one developer runs differently of {table.name}.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
