"""Whatever JSON with comments people have, in whatever manner: it comes back byte for byte, and reads the same meanwhile."""

from __future__ import annotations

import json
import re

from devkit.findings.model import Finding
from devkit.render.editor.files import merge_file, strip_file
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import EditorFile
from hypothesis import example, given
from hypothesis import strategies as st

from tests.render.editor.steps import comments, content, remove, write
from tests.support.drawn import drawn

FILES = st.sampled_from(["launch.json", "tasks.json", "settings.json", "extensions.json"])
KEYS = st.sampled_from(
    [
        "version",
        "configurations",
        "compounds",
        "tasks",
        "inputs",
        "recommendations",
        "unwantedRecommendations",
        "x",
        "é",
    ]
)
words = st.text(alphabet='ab"\\/*,[]{}: é\n', max_size=8)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | words
inner: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(words, each, max_size=3),
    max_leaves=5,
)
named = st.fixed_dictionaries({"name": words}, optional={"args": st.lists(words, max_size=2)})
lists: st.SearchStrategy[Json] = st.lists(st.one_of(named, inner), max_size=4)
LISTS = {"configurations", "compounds", "tasks", "inputs", "recommendations", "unwantedRecommendations"}


def gaps(newline: str) -> st.SearchStrategy[str]:
    """What stands between two tokens: blanks, line ends and comments."""
    blanks = st.sampled_from(["", "", "", " ", "\t", newline, newline + "  ", newline + "\t\t", newline * 2])
    notes = st.sampled_from(
        [
            f"// note {newline}",
            f"//{newline}",
            "/* note */",
            f"/* two{newline} lines, */",
            f'// , ] }} " {newline}',
        ]
    )
    return st.one_of(blanks, blanks, st.tuples(blanks, notes, blanks).map("".join))


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A file as a person may have it: any keys, comments anywhere, trailing commas, either line end, a byte order mark."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    between = gaps(newline)

    def gap() -> str:
        return draw(between)

    def text(value: Json) -> str:
        if isinstance(value, dict):
            return bracket("{}", [f"{json.dumps(k)}{gap()}:{gap()}{text(v)}" for k, v in value.items()])
        if isinstance(value, list):
            return bracket("[]", [text(each) for each in value])
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def bracket(signs: str, parts: list[str]) -> str:
        spaced = [f"{gap()}{part}{gap()}" for part in parts]
        wished: bool = draw(st.booleans())
        trailing = f",{gap()}" if parts and wished else ""
        return signs[0] + (",".join(spaced) or gap()) + trailing + signs[1]

    keys = draw(st.lists(KEYS, max_size=5))
    values: list[Json] = [draw(lists if key in LISTS else inner) for key in keys]
    pairs = [f'"{key}"{gap()}:{gap()}{text(value)}' for key, value in zip(keys, values, strict=True)]
    root = bracket("{}", pairs)
    mark = "\ufeff" if draw(st.booleans()) else ""
    return f"{mark}{gap()}{root}{gap()}".encode()


@given(existing=documents(), name=FILES)
@drawn(200)
def test_write_then_remove_gives_the_file_back(
    ours: dict[str, EditorFile], existing: bytes, name: str
) -> None:
    file = ours[name]
    text = write(file, existing)
    assert comments(text) == comments(existing)
    assert remove(file, text) == existing


@given(existing=documents(), name=FILES)
def test_a_changed_table_leaves_nothing_behind(
    ours: dict[str, EditorFile], shops: dict[str, EditorFile], existing: bytes, name: str
) -> None:
    text = write(ours[name], write(shops[name], existing))
    assert comments(text) == comments(existing)
    assert remove(shops[name], text) == existing


@example(existing=b'{"version":null,// note \n}', name="settings.json", after=1, note=" ")
@given(
    existing=documents(),
    name=FILES,
    after=st.integers(0, 10**6),
    note=st.sampled_from(["/* new */", " ", "// new\n"]),
)
def test_what_people_add_between_ours_stays(
    ours: dict[str, EditorFile], existing: bytes, name: str, after: int, note: str
) -> None:
    """Notes put behind a comma of ours: the entries go, the notes stay, and the file still reads."""
    text = write(ours[name], existing)
    commas = [match.end() for match in re.finditer(rb"(?<=[}\]\"]),(?=\r?\n)", text)]
    if not commas:
        return
    place = commas[after % len(commas)]
    edited = text[:place] + note.encode() + text[place:]
    if isinstance(merge_file(ours[name], edited), Finding):
        return  # it fell into a string
    kept = remove(ours[name], edited)
    assert kept is not None
    before = content(existing)
    # A list that was ours alone stays for the sake of the note in it.
    assert {key: value for key, value in content(kept).items() if value != [] or key in before} == before
    assert {*comments(existing)} <= {*comments(kept), b"/* new */", b"// new"}


@given(existing=st.binary(max_size=200), name=FILES)
@drawn(200)
def test_any_bytes_are_answered(ours: dict[str, EditorFile], existing: bytes, name: str) -> None:
    found = merge_file(ours[name], existing)
    assert isinstance(found, bytes | Finding)
    if isinstance(found, bytes):
        assert strip_file(ours[name], found) == existing
