"""Files as people have them, each as every one of the four: ours come, and go again without a trace."""

from __future__ import annotations

import json
import re

import pytest
from devkit.findings.model import Finding
from devkit.render.editor.files import merge_file, strip_file
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import MARK, EditorFile

from tests.render.editor.shapes import BROKEN, SHAPES
from tests.render.editor.steps import comments, content, entries, names, remove, write

FILES = ["launch.json", "tasks.json", "settings.json", "extensions.json"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_there_comes_back_byte_for_byte(ours: dict[str, EditorFile], shape: str, name: str) -> None:
    existing = SHAPES[shape]
    text = write(ours[name], existing)
    assert remove(ours[name], text) == existing
    assert comments(text) == comments(existing)
    if b"\r\n" in existing and not re.search(rb"[^\r]\n", existing):
        assert not re.search(rb"[^\r]\n", text), "line ends of the file's own kind"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("shape", SHAPES)
def test_people_s_own_stay_in_order_and_ours_are_there(
    ours: dict[str, EditorFile], shape: str, name: str
) -> None:
    file, existing = ours[name], SHAPES[shape]
    before, after = content(existing), content(write(file, existing))
    for collection in file.collections:
        there = after if collection.key is None else after[collection.key]
        known = before if collection.key is None else before.get(collection.key, [])
        added: list[Json] = [entry.value for entry in collection.wanted]
        if isinstance(there, list) and isinstance(known, list):
            assert there[: len(known)] == known
            assert all(value in added for value in there[len(known) :])
            assert len(there) >= len(known) + len(added) - (
                2 if name in ("tasks.json", "extensions.json") else 0
            )
        else:
            assert isinstance(there, dict)
            assert isinstance(known, dict)
            assert {key: there[key] for key in known} == known
            assert {entry.name for entry in collection.wanted} <= there.keys()
    lists = {collection.key for collection in file.collections}
    assert {k: v for k, v in before.items() if k not in lists}.items() <= after.items()


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_devkit_s_own_goes_whole(ours: dict[str, EditorFile], name: str) -> None:
    text = write(ours[name], None)
    assert text.endswith(b"}\n")
    assert remove(ours[name], text) is None
    # Whatever people add to it is theirs, and stays.
    assert remove(ours[name], b"// mine\n" + text) == b"// mine\n"
    kept = remove(ours[name], text.replace(b"{\n", b'{\n  "mine": 1,\n', 1))
    assert kept is not None
    assert content(kept)["mine"] == 1
    assert b"devkit" not in kept


@pytest.mark.parametrize("name", FILES)
def test_an_older_table_s_leave_with_the_rest(
    ours: dict[str, EditorFile], shops: dict[str, EditorFile], name: str
) -> None:
    for existing in (None, SHAPES["comments between entries"], SHAPES["CRLF"], SHAPES["trailing commas"]):
        older = write(shops[name], existing)
        assert remove(ours[name], older) == existing
        newer = write(ours[name], older)
        assert remove(ours[name], newer) == existing
        fresh = content(write(ours[name], existing))
        assert content(newer).keys() == fresh.keys()
        assert b"Order Service" in newer or name != "launch.json"
        assert b"Attach: Stock (devkit)" not in newer
        assert b"apps/stock/src" not in newer


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_left_alone_and_its_place_is_named(
    ours: dict[str, EditorFile], case: str, name: str
) -> None:
    text, line, column, word = BROKEN[case]
    found = merge_file(ours[name], text)
    assert isinstance(found, Finding)
    assert found.place is not None
    assert found.place.file == f".vscode/{name}"
    assert (found.place.line, found.place.column) == (line, column or found.place.column)
    assert word in found.message
    removed = strip_file(ours[name], text)
    assert removed == text or isinstance(removed, Finding)


@pytest.mark.parametrize(
    ("name", "key"),
    [("launch.json", "configurations"), ("tasks.json", "inputs"), ("extensions.json", "recommendations")],
)
def test_a_key_of_the_wrong_kind_is_named(ours: dict[str, EditorFile], name: str, key: str) -> None:
    found = merge_file(ours[name], b'{\n  "%s": {}\n}' % key.encode())
    assert isinstance(found, Finding)
    assert found.message == f"`{key}` is not a list"
    assert found.place is not None
    assert (found.place.line, found.place.column) == (2, len(key) + 7)


@pytest.mark.parametrize("name", FILES)
def test_deep_nesting_is_answered(ours: dict[str, EditorFile], name: str) -> None:
    deep = b"[" * 3000 + b"]" * 3000
    text = b'{"configurations": %s, "tasks": %s, "recommendations": %s, "x": %s}' % (deep, deep, deep, deep)
    assert isinstance(merge_file(ours[name], text), Finding | bytes)


def test_ours_are_updated_where_people_moved_them(ours: dict[str, EditorFile]) -> None:
    text = write(ours["launch.json"], b'{"configurations": [{"name": "Mine"}]}')
    value = content(text)
    configurations = value["configurations"]
    assert isinstance(configurations, list)
    configurations.reverse()
    assert isinstance(configurations[2], dict)
    configurations[2]["port"] = 1
    again = write(ours["launch.json"], json.dumps(value).encode())
    assert names(again) == list(reversed(names(text)))
    assert sorted(map(str, entries(again, "configurations"))) == sorted(
        map(str, entries(text, "configurations"))
    )


def test_an_entry_that_fits_is_left_as_it_is_written(ours: dict[str, EditorFile]) -> None:
    entry = ours["launch.json"].collections[0].wanted[0].value
    compact = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
    existing = b'{"configurations": [%s /* mine */]}' % compact
    text = write(ours["launch.json"], existing)
    assert compact + b", /* mine */" in text


def test_twins_are_made_one(ours: dict[str, EditorFile]) -> None:
    text = write(ours["launch.json"], None)
    first = entries(text, "configurations")[0]
    twice = json.dumps({"configurations": [first, {"name": "Mine"}, first]}).encode()
    found = names(write(ours["launch.json"], twice))
    assert len(found) == len(set(found))
    assert found[:2] == [names(text)[0], "Mine"]


def test_a_task_of_people_s_own_with_our_name_stays_theirs(ours: dict[str, EditorFile]) -> None:
    text = write(ours["tasks.json"], SHAPES["tasks.json as the editor makes it"])
    found = [
        task for task in entries(text, "tasks") if isinstance(task, dict) and task["label"] == "devkit: up"
    ]
    assert found == [{"label": "devkit: up", "type": "shell", "command": "my own up"}]


def test_settings_that_people_changed_are_theirs(ours: dict[str, EditorFile]) -> None:
    file = ours["settings.json"]
    text = write(file, None)
    changed = text.replace(b"/.venv/bin/python", b"/other/python")
    assert changed != text
    assert write(file, changed) == changed
    kept = remove(file, changed)
    assert kept is not None
    assert content(kept) == {"python.defaultInterpreterPath": "${workspaceFolder}/other/python"}


def test_a_setting_that_nobody_changed_follows_the_table(
    ours: dict[str, EditorFile], shops: dict[str, EditorFile]
) -> None:
    text = write(ours["settings.json"], write(shops["settings.json"], SHAPES["settings of a person's own"]))
    paths = content(text)["python.analysis.extraPaths"]
    assert isinstance(paths, list)
    assert "apps/gateway/src" in paths
    assert content(text)["python.defaultInterpreterPath"] == "/usr/bin/python3"


def test_extensions_that_are_known_or_unwanted_are_not_added(ours: dict[str, EditorFile]) -> None:
    existing = b'{"recommendations": ["MS-Python.python"], "unwantedRecommendations": ["redhat.VSCODE-yaml"]}'
    text = write(ours["extensions.json"], existing)
    assert entries(text, "recommendations") == [
        "MS-Python.python", "ms-python.debugpy", "tilt-dev.tiltfile", "augustocdias.tasks-shell-input",
    ]  # fmt: skip


def test_an_extension_that_becomes_unwanted_goes(ours: dict[str, EditorFile]) -> None:
    text = write(ours["extensions.json"], None)
    refused = text.replace(b"{\n", b'{\n  "unwantedRecommendations": ["tilt-dev.tiltfile"],\n', 1)
    assert "tilt-dev.tiltfile" not in entries(write(ours["extensions.json"], refused), "recommendations")


def test_everything_of_ours_carries_the_mark(ours: dict[str, EditorFile]) -> None:
    assert all(MARK in entry.name for c in ours["launch.json"].collections for entry in c.wanted)
    for name in ("settings.json", "extensions.json"):
        text = write(ours[name], None)
        assert text.count(b"/* devkit:") == len(ours[name].collections[0].wanted)
