"""Ours into a file and out of it again; every other byte stays.

`merged` brings a file to what is wanted; `stripped` gives back what it was before devkit came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from devkit.render.editor.jsonc import Broken, broken_at, member, parse, value_of
from devkit.render.editor.layout import Layout, indent_at, layout_of, written, written_pair
from devkit.render.editor.marks import Slot, folded, slots
from devkit.render.editor.model import ByName, Collection, EditorFile, Entry
from devkit.render.editor.new_file import is_all_ours, is_devkit_list, with_new, without_new
from devkit.render.editor.splice import put, replaced, take

__all__ = ["merged", "stripped"]

# Pairs of the file's mapping, whoever's they are.
_PLAIN = ByName("", "")


@dataclass(frozen=True)
class _View:
    """A collection as the file has it now; `pair` is its key with its list."""

    root: tree_sitter.Node
    pair: tree_sitter.Node | None
    container: tree_sitter.Node
    slots: list[Slot]
    layout: Layout


def merged(file: EditorFile, existing: bytes | None) -> bytes | None:
    """The file with ours as they are wanted; None for none, where there is none and nothing is wanted.

    Raises Broken, RecursionError.
    """
    root = parse(existing) if existing is not None else None
    if existing is None or root is None:
        if not any(collection.wanted for collection in file.collections):
            return existing
        return with_new(existing, file)
    if root.type != "object":
        raise broken_at(existing, root, "is not a mapping")
    text = existing
    for collection in file.collections:
        text = _merge(text, collection)
    return text


def stripped(file: EditorFile, existing: bytes) -> bytes | None:
    """The file without ours; None when then nothing is left in it. Raises Broken, RecursionError."""
    root = parse(existing)
    if root is None or root.type != "object":
        return existing
    if is_all_ours(existing, root, file):
        return without_new(existing, root)
    text = existing
    for collection in file.collections:
        view = _view(text, collection)
        if view is not None:
            text = _take_devkit_key(text, view, collection) or _drop(text, collection, wanted=())
    return text


def _merge(text: bytes, collection: Collection) -> bytes:
    view = _view(text, collection)
    wanted = _still_wanted(text, collection)
    if view is None:
        return _new_key(text, collection, wanted) if wanted else text
    if not wanted and (without := _take_devkit_key(text, view, collection)) is not None:
        return without
    # First what comes, then what goes: so a list of ours alone is never empty in between.
    return _drop(_bring(text, collection, view, wanted), collection, wanted)


def _bring(text: bytes, collection: Collection, view: _View, wanted: Sequence[Entry]) -> bytes:
    """Entries, each replaced where it is or added behind the last. One of people's own that is called so stays instead."""
    keyed = collection.key is None
    usual = view.layout.outer * (1 if keyed else 2)
    people_s = {folded(slot.name) for slot in view.slots if slot.name is not None and not slot.ours}
    ours: dict[str, Slot] = {}
    for slot in view.slots:
        if slot.name is not None and slot.ours:
            ours.setdefault(folded(slot.name), slot)
    # Of two that are called alike the later one stays.
    missing = {name: entry for entry in wanted if (name := folded(entry.name)) not in people_s}
    changed: list[tuple[Slot, bytes]] = []
    for name, slot in ours.items():
        entry = missing.pop(name, None)
        if entry is not None and slot.value != entry.value:
            indent = indent_at(text, slot.start) or usual
            changed.append((slot, written(entry, collection.marks, view.layout, indent, keyed=keyed)))
    first = indent_at(text, view.slots[0].start) if view.slots else None
    indent = first if first else usual
    new = [written(entry, collection.marks, view.layout, indent, keyed=keyed) for entry in missing.values()]
    if new:
        text = put(text, view.container, view.slots, new, indent, view.layout)
    # What was put stands behind all of these.
    return replaced(text, [(slot.start, slot.end, value) for slot, value in changed])


def _drop(text: bytes, collection: Collection, wanted: Sequence[Entry]) -> bytes:
    """Ours that are not wanted, that stand twice, or beside one of people's own with the same name."""
    names = {entry.name for entry in wanted}
    while True:  # what went may uncover another one
        view = _view(text, collection)
        assert view is not None
        seen = {folded(slot.name) for slot in view.slots if slot.name is not None and not slot.ours}
        gone: set[int] = set()
        for index, slot in enumerate(view.slots):
            if not slot.ours or slot.name is None:
                continue
            if slot.name not in names or folded(slot.name) in seen:
                gone.add(index)
            else:
                seen.add(folded(slot.name))
        if not gone:
            return text
        text = take(text, view.container, view.slots, gone)


def _still_wanted(text: bytes, collection: Collection) -> tuple[Entry, ...]:
    root = parse(text)
    refused = member(root, collection.unless) if root is not None and collection.unless else None
    values = value_of(refused.named_children[-1]) if refused is not None else []
    names = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    refusals = {folded(name) for name in names}
    return tuple(entry for entry in collection.wanted if folded(entry.name) not in refusals)


def _view(text: bytes, collection: Collection) -> _View | None:
    """The collection in the file, or None when its key is not there. Raises Broken when it is no list."""
    root = parse(text)
    if root is None:
        raise Broken("is empty", 1, 1)
    pair: tree_sitter.Node | None = None
    container: tree_sitter.Node | None = root
    if collection.key is not None:
        pair = member(root, collection.key)
        if pair is None:
            return None
        container = pair.child_by_field_name("value")
        if container is None or container.type != "array":
            raise broken_at(text, container or pair, f"`{collection.key}` is not a list")
    assert container is not None
    return _View(root, pair, container, slots(text, container, collection.marks), layout_of(text, root))


def _new_key(text: bytes, collection: Collection, wanted: Sequence[Entry]) -> bytes:
    root = parse(text)
    assert root is not None
    assert collection.key is not None
    layout = layout_of(text, root)
    new = written_pair(collection.key, wanted, collection.marks, layout)
    return put(text, root, slots(text, root, _PLAIN), [new], layout.outer, layout)


def _take_devkit_key(text: bytes, view: _View, collection: Collection) -> bytes | None:
    """The text without a key that is devkit's with all that is in it; None where people have a part in it."""
    if view.pair is None or not is_devkit_list(text, view.pair, view.slots, collection):
        return None
    pairs = slots(text, view.root, _PLAIN)
    return take(text, view.root, pairs, {[slot.start for slot in pairs].index(view.pair.start_byte)})
