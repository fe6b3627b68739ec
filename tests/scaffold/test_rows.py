"""Edits of the table's text: what is changed is changed, and every other character stays."""

from __future__ import annotations

import difflib

import pytest
import yaml
from devkit.base.errors import DevkitError
from devkit.scaffold.rows import Rows

from tests.support.platform import ROOT

REAL = (ROOT / "dev/services.yaml").read_text()
SHOP = (ROOT / "tests/golden/shop/dev/services.yaml").read_text()
SERVICES = [(text, name) for text in (REAL, SHOP) for name in yaml.safe_load(text)["services"]]
IDS = [name for _, name in SERVICES]

ODD = """\
version: 1
x: &few {cpu: 10m}
services:
    # What comes first: Größe, 寸法, 🎉.
    first:
        type: python  # ours
        needs:
          - 'second'
          - third
        calls: [ "second" , third ]
        about: |
          first # is not a comment
          and second is not a name
        resources: *few

    # About the second,
    # in two lines.
    second: {type: redis, port: 1}
    # About the third.
    third:
        resources: *few
# At the end.
secrets:
    # Only of the third.
    KEY: {generate: 32}
"""


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize(("text", "name"), SERVICES, ids=IDS)
def test_renaming_there_and_back_is_nothing(text: str, name: str) -> None:
    there = Rows(text).rename(name, "quite-another-name")
    assert there != text
    assert name not in yaml.safe_load(there)["services"]
    assert Rows(there).mentions(name) == []
    assert Rows(there).rename("quite-another-name", name) == text


@pytest.mark.parametrize(("text", "name"), SERVICES, ids=IDS)
def test_a_row_added_and_removed_is_nothing(text: str, name: str) -> None:
    row = {"type": "python", "port": 1, "resources": {"requests": {"cpu": "1"}}, "needs": ["a b", "c: d"]}
    there = Rows(text).add("quite-another-name", row, after=name)
    assert yaml.safe_load(there)["services"]["quite-another-name"] == row
    services = list(yaml.safe_load(there)["services"])
    assert services.index("quite-another-name") == services.index(name) + 1
    assert all(line.startswith("+") for line in changed(text, there))
    assert Rows(there).remove("quite-another-name") == text


@pytest.mark.parametrize(("text", "name"), SERVICES, ids=IDS)
def test_a_removed_row_leaves_the_others_as_they_were(text: str, name: str) -> None:
    before, after = yaml.safe_load(text)["services"], yaml.safe_load(Rows(text).remove(name))["services"]
    assert after.keys() == before.keys() - {name}
    for other, row in after.items():
        for key in ("needs", "calls"):
            assert row.get(key, []) == [each for each in before[other].get(key, []) if each != name]
        assert {k: v for k, v in row.items() if k not in ("needs", "calls")} == {
            k: v for k, v in before[other].items() if k not in ("needs", "calls")
        }


def test_a_row_behind_the_last_ends_with_one_line_break() -> None:
    for text in (REAL, REAL.rstrip("\n"), REAL + "\n\n"):
        added = Rows(text).add("last-of-all", {"type": "redis", "port": 1})
        assert added.endswith(
            "  last-of-all:\n    type: redis\n    port: 1\n" + "\n\n" * (text.endswith("\n\n"))
        )


def test_lists_comments_aliases_and_quotes() -> None:
    assert changed(ODD, Rows(ODD).rename("second", "other")) == [
        "-          - 'second'", "+          - 'other'",
        '-        calls: [ "second" , third ]', '+        calls: [ "other" , third ]',
        "-    second: {type: redis, port: 1}", "+    other: {type: redis, port: 1}",
    ]  # fmt: skip
    assert changed(ODD, Rows(ODD).remove("second")) == [
        "-          - 'second'",
        '-        calls: [ "second" , third ]', "+        calls: [ third ]",
        "-    # About the second,", "-    # in two lines.", "-    second: {type: redis, port: 1}",
    ]  # fmt: skip
    assert changed(ODD, Rows(ODD).remove("third")) == [
        "-          - third",
        '-        calls: [ "second" , third ]', '+        calls: [ "second" ]',
        "-    # About the third.", "-    third:", "-        resources: *few",
    ]  # fmt: skip
    assert changed(ODD, Rows(ODD).remove_secret("KEY")) == [
        "-    # Only of the third.",
        "-    KEY: {generate: 32}",
    ]


def test_a_list_that_two_rows_share_is_changed_once() -> None:
    text = "services:\n  a: {needs: &both [b, c]}\n  d: {needs: *both}\n  b: {}\n  c: {}\n"
    assert yaml.safe_load(Rows(text).rename("b", "x"))["services"]["d"] == {"needs": ["x", "c"]}
    assert yaml.safe_load(Rows(text).remove("b"))["services"] == {
        "a": {"needs": ["c"]}, "d": {"needs": ["c"]}, "c": {},
    }  # fmt: skip


def test_services_in_braces_are_left_alone() -> None:
    with pytest.raises(DevkitError, match="written in braces"):
        Rows("services: {a: {}}\n").add("b", {})


def test_an_alias_outlives_the_row_with_its_anchor() -> None:
    text = (
        "services:\n  a: {path: &hook '/a/b'}\n  b: {path: *hook, other: *hook}\n"
        "  c: {path: &last /c}\n  d: {path: *last}\n"
    )
    rows = yaml.safe_load(text)["services"]
    for name in rows:
        left = Rows(text).remove(name)
        assert yaml.safe_load(left)["services"] == {key: row for key, row in rows.items() if key != name}
    assert "  b: {path: &hook '/a/b', other: *hook}\n" in Rows(text).remove("a")


def test_a_whole_row_that_others_share_is_not_moved() -> None:
    text = "services:\n  a: {needs: &both [b]}\n  b: {}\n  d: {needs: *both}\n"
    with pytest.raises(
        DevkitError, match=r"dev/services\.yaml:4: \*both refers to what is about to go"
    ) as problem:
        Rows(text).remove("a")
    assert problem.value.exit_code == 2


def test_staging_names_services_too() -> None:
    rows = Rows(SHOP)
    assert [mention.path[0] for mention in rows.mentions("page")].count("staging") == 2
    assert not any(mention.listed for mention in rows.mentions("page"))
    [store] = [mention for mention in rows.mentions("cache") if mention.path[0] == "staging"]
    assert store.listed
    assert yaml.safe_load(rows.remove("cache"))["staging"]["stores"] == []
    renamed = yaml.safe_load(rows.rename("page", "shop-page"))["staging"]["routes"]
    assert {route["service"] for route in renamed.values()} == {"shop-page", "order-service"}
