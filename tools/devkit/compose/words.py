"""The kinds of fields that many places share."""

from __future__ import annotations

from devkit.compose import writing as w
from devkit.compose import writing_many as m
from devkit.compose.kinds import Either, Fields, Items, Kind, Leaf, Names
from devkit.compose.model import Node

__all__ = [
    "ANYTHING",
    "COMMAND",
    "DECIMAL",
    "DURATION",
    "DURATION_KEPT",
    "EXTRA_HOSTS",
    "FLAG",
    "FLAG_KEPT",
    "HOOK",
    "INTEGER",
    "INTEGER_KEPT",
    "LABELS",
    "MEMORY",
    "MOUNTED_FILES",
    "NUMBER",
    "OPTIONS",
    "PAIRS",
    "PLAIN_FLAG",
    "STRING_LIST",
    "STRING_OR_LIST",
    "TEXT",
    "ULIMITS",
    "UNSIGNED",
    "UNSIGNED_KEPT",
    "VARIABLES",
    "choice",
    "constant",
    "list_of",
    "printed_text",
]  # fmt: skip

_TEXTUAL = ("string",)
TEXT = Leaf(_TEXTUAL, w.text)
FLAG = Leaf(("boolean", "string"), w.switch)
FLAG_KEPT = Leaf(("boolean", "string"), w.kept_switch)
PLAIN_FLAG = Leaf(("boolean",), w.switch)
INTEGER = Leaf(("integer", "string"), w.number)
INTEGER_KEPT = Leaf(("integer", "string"), w.kept_number)
NUMBER = Leaf(("number", "string"), w.number)
DECIMAL = Leaf(("number", "string"), w.decimal)
UNSIGNED = Leaf(("integer", "string"), w.counted)
UNSIGNED_KEPT = Leaf(("integer", "string"), w.unsigned)
MEMORY = Leaf(("number", "string"), w.memory)
DURATION = Leaf(_TEXTUAL, w.lasting)
DURATION_KEPT = Leaf(_TEXTUAL, w.kept_duration)
_ANY_SCALAR = Leaf(("string", "number", "boolean", "null"), w.text)


class _Anything:
    """What Compose does not look into."""

    types = ("string", "number", "integer", "boolean", "null", "object", "array")
    check = staticmethod(lambda node, path, found: None)  # noqa: ARG005
    write = staticmethod(lambda node: node)


ANYTHING: Kind = _Anything()


def choice(*words: str) -> Leaf:
    """One of these words."""
    return Leaf(_TEXTUAL, w.text, words=words)


def constant(value: str | int | None) -> Leaf:
    """What Compose prints where nothing was given."""
    return Leaf((), lambda node: Node(value, node.origin))


def list_of(kind: Kind, *, unique: bool = False) -> Items:
    """A list."""
    return Items(kind, unique=unique)


def printed_text(*types: str) -> Leaf:
    """Text, or what is printed as text."""
    return Leaf(types, w.text)


_TEXTS = Items(TEXT, writes=m.texts)
STRING_LIST = Items(TEXT, unique=True, writes=m.texts)
STRING_OR_LIST = Either((TEXT, STRING_LIST), writes=m.strings)
_ENTRIES = (Names(_ANY_SCALAR, ".+", closed=True), STRING_LIST)
VARIABLES = Either(_ENTRIES, writes=m.variables)
PAIRS = Either(_ENTRIES, writes=m.pairs)
LABELS = Either(_ENTRIES, writes=m.labels)
OPTIONS = Names(Leaf(("string", "number"), w.text), "^.+$", writes=m.options)
EXTRA_HOSTS = Either((Names(Either((TEXT, _TEXTS)), ".+", closed=True), STRING_LIST), writes=m.hosts)
COMMAND = Either((Leaf(("null",), w.text), TEXT, _TEXTS), writes=m.command)
ULIMITS = Names(
    Either(
        (
            Leaf(("integer", "string"), m.ulimit),
            Fields({"soft": INTEGER, "hard": INTEGER}, required=("soft", "hard")),
        ),
        writes=m.ulimit,
    ),
    "^[a-z]+$",
)
MOUNTED_FILES = list_of(
    Either(
        (
            TEXT,
            Fields(
                {
                    "source": TEXT,
                    "target": TEXT,
                    "uid": TEXT,
                    "gid": TEXT,
                    "mode": Leaf(("number", "string"), w.file_mode),
                }
            ),
        )
    )
)
HOOK = Fields(
    {"command": COMMAND, "user": TEXT, "privileged": FLAG, "working_dir": TEXT, "environment": VARIABLES},
    required=("command",),
    always={"command": constant(None)},
)
