"""Our entries come and go in launch.json; everything else stays byte for byte."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from devkit.findings.model import Finding
from devkit.render import jsonc
from devkit.render.launch import merge_launch
from devkit.table.model import Table
from hypothesis import given, settings
from hypothesis import strategies as st

OURS = ["Attach: Order Service (devkit)", "Attach: Stock (devkit)"]
EVERY = "Attach: all services (devkit)"


def merged(table: Table, existing: str | None) -> str:
    found = merge_launch(table, existing.encode() if existing is not None else None)
    assert isinstance(found, bytes), found
    assert merge_launch(table, found) == found, "a second run must change nothing"
    return found.decode()


def names(text: str, key: str = "configurations") -> list[str]:
    root = jsonc.parse(text.encode())
    assert root is not None
    array = jsonc.member(root, key)
    assert array is not None
    return [element.value["name"] for element in jsonc.elements(array)]


def without(table: Table, service: str) -> Table:
    return replace(table, services={n: s for n, s in table.services.items() if n != service})


def test_a_new_file(shop: Table) -> None:
    content: dict[str, Any] = json.loads(merged(shop, None))
    assert [entry["name"] for entry in content["configurations"]] == OURS
    entry = content["configurations"][0]
    assert (entry["type"], entry["request"]) == ("debugpy", "attach")
    assert entry["connect"] == {"host": "127.0.0.1", "port": 9229}
    assert "restart" not in entry
    assert content["compounds"] == [{"name": EVERY, "configurations": OURS}]


@pytest.mark.parametrize("existing", ["", "  \n", "{}", "{\n}", '{"version": "0.2.0"}', "// mine\n"])
def test_a_bare_file(shop: Table, existing: str) -> None:
    text = merged(shop, existing)
    assert names(text) == OURS
    assert names(text, "compounds") == [EVERY]
    assert text.startswith("// mine\n") or "mine" not in existing


USERS = """{
    // Mine. Do not touch.
    "version": "0.2.0",
    "inputs": [{"id": "x"}],   /* odd   spacing */
    "configurations": [
        // before
        {"name": "Chrome",  "type": "chrome", "url": "http://localhost:4200", }, // after
        /* a block
           comment */
        {
            "name": "Tests",
            "args": ["-x",],
        },
        // the end
    ],
}
"""


def test_a_users_file_keeps_every_byte(shop: Table) -> None:
    text = merged(shop, USERS)
    assert names(text) == ["Chrome", "Tests", *OURS]
    # Taking ours away again gives the user's own lines back, all of them and in order.
    lines = iter(text.splitlines())
    for line in USERS.splitlines():
        wanted = line.rstrip(",").rstrip()
        assert any(wanted == candidate.rstrip(",").rstrip() for candidate in lines), line


def test_an_entry_that_fits_is_left_as_it_is_written(shop: Table) -> None:
    entry = json.loads(merged(shop, None))["configurations"][0]
    existing = '{"configurations": [' + json.dumps(entry) + "]}"
    assert json.dumps(entry) in merged(shop, existing)


def test_an_entry_that_differs_is_replaced_where_it_is(shop: Table) -> None:
    existing = json.dumps(
        {"configurations": [{"name": OURS[1]}, {"name": "Mine"}, {"name": OURS[0], "port": 1}]}
    )
    text = merged(shop, existing)
    assert names(text) == [OURS[1], "Mine", OURS[0]]
    assert json.loads(text)["configurations"][2]["connect"]["port"] == 9229


def test_an_entry_of_a_removed_service_goes(shop: Table) -> None:
    text = merged(without(shop, "stock"), merged(shop, USERS))
    assert names(text) == ["Chrome", "Tests", OURS[0]]
    for mine in ("// before", "// after", "/* a block", "// the end"):
        assert mine in text
    assert not [line for line in text.splitlines() if line.strip() == ","]


def test_taking_every_service_away_gives_the_users_file_back(shop: Table) -> None:
    empty = replace(shop, services={})
    existing = USERS.replace("],\n}", '],\n    "compounds": [\n    ]\n}')
    assert merged(empty, merged(shop, existing)).replace(",\n", "\n") == existing.replace(",\n", "\n")


def test_comments_beside_a_removed_entry_stay(shop: Table) -> None:
    existing = '{"configurations": [\n  {"name": "Gone (devkit)"}, // one\n  // two\n  {"name": "Mine"}\n]}'
    text = merged(shop, existing)
    assert "// one" in text
    assert "// two" in text
    assert names(text) == ["Mine", *OURS]


def test_twins_are_made_one(shop: Table) -> None:
    existing = json.dumps({"configurations": [{"name": OURS[0]}, {"name": OURS[0]}]})
    assert names(merged(shop, existing)) == OURS


def test_windows_line_ends_and_tabs_are_kept(shop: Table) -> None:
    text = merged(shop, '{\r\n\t"configurations": [\r\n\t\t{"name": "Mine"}\r\n\t]\r\n}\r\n')
    assert text.count("\n") == text.count("\r\n")
    assert '\r\n\t\t{\r\n\t\t\t"name": "Attach' in text


@pytest.mark.parametrize(
    ("existing", "place"),
    [
        ('{"configurations": [\n  {"name": "Mine"\n]}', (2, None)),
        ('{"configurations": [\n  {"é": 1} x\n]}', (2, 12)),
        ("[]", (1, 1)),
        ('{"configurations": {}}', (1, 20)),
        ('{"a": 1 /* never closed', (1, None)),
        ('{"a": [1,,2]}', (1, None)),
        ("{} {}", (1, 4)),
        ("{" * 3000, (1, None)),
        ('{"configurations": ' + "[" * 3000 + "]" * 3000 + "}", (1, 1)),
    ],
)
def test_a_broken_file_is_left_alone(shop: Table, existing: str, place: tuple[int, int | None]) -> None:
    found = merge_launch(shop, existing.encode())
    assert isinstance(found, Finding)
    assert found.place is not None
    assert found.place.file == ".vscode/launch.json"
    assert found.place.line == place[0]
    assert place[1] in (None, found.place.column)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
entries = st.dictionaries(st.text(max_size=6), values, max_size=3) | st.fixed_dictionaries(
    {"name": st.sampled_from([*OURS, "Gone (devkit)", "Mine"])}, optional={"port": st.integers()}
)


@given(mine=st.lists(entries, max_size=5), indent=st.sampled_from([None, 2, "\t"]), rest=values)
@settings(max_examples=80, deadline=None)
def test_whatever_the_user_has_stays_in_order(
    shop: Table, mine: list[Any], indent: str | int | None, rest: Any
) -> None:
    existing = json.dumps({"before": rest, "configurations": mine, "after": rest}, indent=indent)
    content = json.loads(merged(shop, existing))
    foreign = [e for e in mine if not str(e.get("name", "")).endswith("(devkit)")]
    kept = [e for e in content["configurations"] if not str(e.get("name", "")).endswith("(devkit)")]
    assert kept == foreign
    assert (content["before"], content["after"]) == (rest, rest)
    assert {e["name"] for e in content["configurations"] if e not in kept} == set(OURS)


simple = st.fixed_dictionaries(
    {"name": st.sampled_from([*OURS, "Gone (devkit)", "Mine", "Yours"])},
    optional={
        "args": st.lists(st.integers() | st.sampled_from(["-x", "a b"]), max_size=2),
        "port": st.integers(),
    },
)


def values_of(text: str) -> Any:
    """The file's content, read without the code under test: our comments and commas are taken out by their form."""
    text = re.sub(r"// note\r?\n", "\n", text)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


@given(mine=st.lists(simple, max_size=4), comments=st.booleans(), commas=st.booleans(), gone=st.booleans())
@settings(max_examples=80, deadline=None)
def test_comments_and_trailing_commas_anywhere(
    shop: Table, mine: list[dict[str, Any]], comments: bool, commas: bool, gone: bool
) -> None:
    existing = json.dumps({"configurations": [*mine, {"name": "Mine"}]}, indent=2)
    if commas:
        existing = re.sub(r"([^\[{,\s])(\n\s*[\]}])", r"\1,\2", existing)
    if comments:
        existing = existing.replace("\n", " // note\n")
    text = merged(shop, existing)
    if gone:
        text = merged(replace(shop, services={}), text)
    if not any(entry["name"].endswith("(devkit)") for entry in mine):
        assert text.count("// note") == existing.count("// note"), (
            "only comments inside our own entries may go"
        )
    kept = [e for e in values_of(text)["configurations"] if not str(e.get("name", "")).endswith("(devkit)")]
    assert kept == [e for e in [*mine, {"name": "Mine"}] if not str(e.get("name", "")).endswith("(devkit)")]


@given(st.binary())
def test_any_bytes(shop: Table, existing: bytes) -> None:
    assert isinstance(merge_launch(shop, existing), bytes | Finding)
