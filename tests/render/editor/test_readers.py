"""What we write is what the readers of these files accept: every key known to them, every value of its kind.

No package carries the readers' schemas, so these are our own, stricter than theirs: a key that is not listed is a mistake.
They were compared by hand with the sources, and name them:

- launch.json: microsoft/vscode, `debug/common/debugSchemas.ts` (file, compounds), `configurationResolverSchema.ts` (inputs)
- inputs that are a command's output: augustocdias/vscode-shell-command, `src/lib/ShellCommandOptions.ts`
- debugpy entries: microsoft/vscode-python-debugger, `package.json`, `contributes.debuggers[].configurationAttributes`;
  debugpy's adapter itself takes unknown keys silently
- chrome and msedge entries: microsoft/vscode-js-debug, `src/build/generate-contributions.ts`
- tasks.json: microsoft/vscode, `tasks/common/jsonSchema_v2.ts` and `jsonSchemaCommon.ts` (`additionalProperties: false`)
- extensions.json: microsoft/vscode, `extensions/common/extensionsFileTemplate.ts`
"""

from __future__ import annotations

from typing import Any

import pytest
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import EditorFile
from jsonschema import Draft202012Validator

from tests.render.editor.steps import content, write

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
PORT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 65535}
# debugpy's extension makes a number of it once VS Code has filled it in (its pull request 134).
ASKED: dict[str, Any] = {"type": "string", "pattern": r"^\$\{input:debug port of [\w-]+ \(devkit\)\}$"}


def strict(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


NAMED = {"name": TEXT}
ATTACH = strict(
    NAMED
    | {
        "type": {"const": "debugpy"},
        "request": {"const": "attach"},
        "connect": strict({"host": TEXT, "port": ASKED}),
    },
    pathMappings={"type": "array", "items": strict({"localRoot": TEXT, "remoteRoot": TEXT})},
    justMyCode={"type": "boolean"},
    subProcess={"type": "boolean"},
)
PYTHON = strict(
    NAMED | {"type": {"const": "debugpy"}, "request": {"const": "launch"}},
    program=TEXT,
    module=TEXT,
    args=TEXTS,
    python=TEXT,
    pythonArgs=TEXTS,
    cwd=TEXT,
    env={"type": "object", "additionalProperties": {"type": "string"}},
    console={"enum": ["internalConsole", "integratedTerminal", "externalTerminal"]},
    subProcess={"type": "boolean"},
)
WEB = {"type": "string", "pattern": r"^http://localhost:\d+(/\*)?$"}
BROWSER = strict(
    NAMED | {"type": {"enum": ["chrome", "msedge"]}, "request": {"const": "launch"}, "url": WEB}, webRoot=TEXT
)
BROWSER_ATTACH = strict(
    NAMED | {"type": {"enum": ["chrome", "msedge"]}, "request": {"const": "attach"}, "port": PORT},
    urlFilter=WEB,
    webRoot=TEXT,
)
INPUT = strict(
    {"id": TEXT, "type": {"const": "pickString"}, "description": TEXT, "options": TEXTS}, default=TEXT
)
TASK = strict(
    {"label": TEXT, "type": {"enum": ["process", "shell"]}, "command": TEXT},
    detail=TEXT,
    args=TEXTS,
    problemMatcher={"type": "array", "maxItems": 0},
)
IDENTIFIER = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+$"}
COMMAND_INPUT = strict(
    {
        "id": TEXT,
        "type": {"const": "command"},
        "command": {"const": "shellCommand.execute"},
        "args": strict({"command": TEXT, "cwd": TEXT, "useSingleResult": {"type": "boolean"}}),
    }
)
FLAGS = {"type": "object", "additionalProperties": {"type": "boolean"}}

READERS: dict[str, dict[str, Any]] = {
    "launch.json": strict(
        {
            "version": {"const": "0.2.0"},
            "configurations": {
                "type": "array",
                "items": {"oneOf": [ATTACH, PYTHON, BROWSER, BROWSER_ATTACH]},
            },
            "compounds": {"type": "array", "items": strict(NAMED | {"configurations": TEXTS})},
            "inputs": {"type": "array", "items": COMMAND_INPUT},
        }
    ),
    "tasks.json": strict(
        {
            "version": {"const": "2.0.0"},
            "tasks": {"type": "array", "items": TASK},
            "inputs": {"type": "array", "items": INPUT},
        }
    ),
    "settings.json": strict(
        {
            "json.schemas": {"type": "array", "items": strict({"fileMatch": TEXTS, "url": TEXT})},
            "yaml.schemas": {"type": "object", "additionalProperties": TEXT},
            "python.defaultInterpreterPath": TEXT,
            "python.analysis.extraPaths": TEXTS,
            "files.watcherExclude": FLAGS,
        }
    ),
    "extensions.json": strict(
        {"recommendations": {"type": "array", "items": IDENTIFIER, "uniqueItems": True}}
    ),
}


def complaints(name: str, value: Json) -> list[str]:
    return [
        f"{name}: {error.json_path}: {error.message}"
        for error in Draft202012Validator(READERS[name]).iter_errors(value)
    ]


@pytest.mark.parametrize("name", READERS)
def test_what_we_write_is_accepted(
    ours: dict[str, EditorFile], shops: dict[str, EditorFile], name: str
) -> None:
    for files in (ours, shops):
        assert complaints(name, content(write(files[name], None))) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("launch.json", {"restart": True}),
        ("launch.json", {"subProcess": "yes"}),
        ("launch.json", {"connect": {"port": "x"}}),
        ("tasks.json", {"presentation": 1}),
        ("tasks.json", {"type": "npm"}),
    ],
)
def test_the_schemas_can_refuse(ours: dict[str, EditorFile], name: str, wrong: dict[str, Json]) -> None:
    value = content(write(ours[name], None))
    first = next(each for each in value.values() if isinstance(each, list))[0]
    assert isinstance(first, dict)
    first |= wrong
    assert complaints(name, value)


def test_names_are_unique_and_compounds_name_what_is_there(ours: dict[str, EditorFile]) -> None:
    """A compound is started by names; two entries of one name, or none, stop it."""
    value: Any = content(write(ours["launch.json"], None))
    names = [entry["name"] for entry in value["configurations"]]
    assert len(names) == len(set(names))
    for compound in value["compounds"]:
        assert set(compound["configurations"]) <= set(names)


def test_inputs_that_entries_ask_for_exist(ours: dict[str, EditorFile]) -> None:
    value: Any = content(write(ours["launch.json"], None))
    asked = [entry["connect"]["port"] for entry in value["configurations"] if "connect" in entry]
    assert [f"${{input:{each['id']}}}" for each in value["inputs"]] == asked


def test_inputs_that_tasks_ask_for_exist(ours: dict[str, EditorFile]) -> None:
    value: Any = content(write(ours["tasks.json"], None))
    for each in value["inputs"]:
        assert any(f"${{input:{each['id']}}}" in task["command"] for task in value["tasks"])
        assert each["default"] in each["options"]
    assert sum("${input:" in task["command"] for task in value["tasks"]) == len(value["inputs"])
