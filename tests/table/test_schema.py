"""The schema is what editors complete from, so each key says what it is for."""

from __future__ import annotations

import dataclasses
from typing import Any

from devkit.model import Secret, Service, Variable, Webhook
from devkit.table.schema import schema_with
from devkit.types.registry import BUILT_IN
from jsonschema import Draft202012Validator

SCHEMA: Any = schema_with(BUILT_IN)


def test_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_key_has_a_title() -> None:
    untitled = []
    for place, part in [("", SCHEMA), *SCHEMA["$defs"].items()]:
        for key, value in part.get("properties", {}).items():
            target = SCHEMA["$defs"].get(value.get("$ref", "").removeprefix("#/$defs/"), {})
            if "title" not in value | target:
                untitled.append(f"{place}.{key}")
    assert untitled == []


def test_the_model_has_the_same_keys() -> None:
    for name, model in {
        "service": Service,
        "variable": Variable,
        "secret": Secret,
        "webhook": Webhook,
    }.items():
        fields = {field.name for field in dataclasses.fields(model)} - {
            "name",
            "place",
            "provider",
            "options",
            "libraries",
        }
        specific = (
            {key for kind in BUILT_IN.values() for key in kind.keys.specific} if model is Service else set()
        )
        assert fields | specific == SCHEMA["$defs"][name]["properties"].keys(), (
            f"the model and $defs.{name} differ"
        )


def test_unknown_keys_are_refused_everywhere() -> None:
    objects = [("", SCHEMA), *SCHEMA["$defs"].items()]
    open_ones = [n for n, d in objects if d.get("type") == "object" and "additionalProperties" not in d]
    assert open_ones == []
