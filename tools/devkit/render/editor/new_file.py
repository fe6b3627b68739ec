"""A file, or a list in it, that is devkit's alone: how it is written, and how it is known again.

It is known by its form: all entries are ours, and every byte is as devkit writes it. `tail` comes last, where people write it
first; so a file in which people had nothing but that is not taken for ours.
"""

from __future__ import annotations

import tree_sitter

from devkit.render.editor.jsonc import member, value_of
from devkit.render.editor.layout import Layout, layout_of, written, written_pair
from devkit.render.editor.marks import Slot, slots
from devkit.render.editor.model import ByName, Collection, EditorFile, Entry

__all__ = ["as_entries", "is_all_ours", "is_devkit_list", "with_new", "without_new"]

_PLAIN = ByName("", "")


def with_new(existing: bytes | None, file: EditorFile) -> bytes:
    """The file new, behind what blanks and comments there were."""
    before = existing or b""
    layout = Layout(b"\r\n" if b"\r\n" in before or before.endswith(b"\r") else b"\n")
    new = _written_file({c.key: c.wanted for c in file.collections}, file, layout)
    if existing is None or before.endswith(layout.newline):
        return before + new + layout.newline
    # Without a line end of its own, which tells it from a file that had one.
    return before + layout.newline + new if before else new


def without_new(text: bytes, root: tree_sitter.Node) -> bytes | None:
    """What `with_new` was given."""
    newline = layout_of(text).newline
    before, after = text[: root.start_byte], text[root.end_byte :]
    if not after:
        return before.removesuffix(newline)
    if after.strip() or (before and after != newline):
        return before + after
    return before or None


def is_all_ours(text: bytes, root: tree_sitter.Node, file: EditorFile) -> bool:
    """Whether devkit wrote every byte of the file's one mapping."""
    found: dict[str | None, tuple[Entry, ...]] = {}
    for collection in file.collections:
        container: tree_sitter.Node | None = root
        if collection.key is not None:
            pair = member(root, collection.key)
            container = pair.child_by_field_name("value") if pair is not None else None
            if container is None:
                continue
            if container.type != "array":
                return False
        assert container is not None
        present = slots(text, container, collection.marks)
        if not present or not all(slot.ours for slot in present):
            return False
        found[collection.key] = as_entries(present)
    if any(
        (pair := member(root, entry.name)) is None or value_of(pair.named_children[-1]) != entry.value
        for entry in file.tail
    ):
        return False
    expected = _written_file(found, file, layout_of(text, root)) if found else b""
    return text[root.start_byte : root.end_byte] == expected


def is_devkit_list(text: bytes, pair: tree_sitter.Node, present: list[Slot], collection: Collection) -> bool:
    """Whether devkit wrote a key of the file, with its list and all that is in it."""
    if collection.key is None or not present or not all(slot.ours for slot in present):
        return False
    root = pair.parent
    assert root is not None
    layout = layout_of(text, root)
    expected = written_pair(collection.key, as_entries(present), collection.marks, layout)
    return text[pair.start_byte : pair.end_byte] == expected


def as_entries(present: list[Slot]) -> tuple[Entry, ...]:
    """What stands in a file, as one would want it."""
    return tuple(Entry(slot.name or "", slot.value) for slot in present)


def _written_file(found: dict[str | None, tuple[Entry, ...]], file: EditorFile, layout: Layout) -> bytes:
    members = []
    for collection in file.collections:
        entries = found.get(collection.key, ())
        if collection.key is not None and entries:
            members.append(written_pair(collection.key, entries, collection.marks, layout))
        elif collection.key is None:
            members += [written(e, collection.marks, layout, layout.outer, keyed=True) for e in entries]
    members += [written(entry, _PLAIN, layout, layout.outer, keyed=True) for entry in file.tail]
    inside = [layout.newline + layout.outer + member for member in members]
    return b"{" + b",".join(inside) + layout.newline + b"}"
