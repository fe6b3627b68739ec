"""Jinja2, strict: a name that a template uses and nobody gave is an error, never an empty text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined

from devkit.types.registry import types_for

__all__ = ["fill"]

_FOLDER = Path(__file__).with_name("templates")


def fill(template: str, **values: object) -> str:
    """The template's text with LF line ends and exactly one at its end."""
    return _environment().get_template(template).render(**values).strip("\n") + "\n"


@cache
def _environment() -> Environment:
    # Nothing here is HTML; escaping for YAML and Markdown is done by the filters below.
    environment = Environment(
        loader=ChoiceLoader(
            [PrefixLoader({"types": FunctionLoader(_of_type)}), FileSystemLoader(_FOLDER, encoding="utf-8")]
        ),
        undefined=StrictUndefined,
        autoescape=False,
        newline_sequence="\n",
        trim_blocks=False,
    )
    environment.filters |= {"q": _quoted, "oneline": _oneline, "cell": _cell, "env": _env}
    return environment


def _of_type(name: str) -> str | None:
    """`types/<type>/<file>` is in the type's own folder; the rest mirrors the tree that is rendered."""
    word, _, file = name.partition("/")
    found = types_for([word]).get(word)
    return (found.folder / file).read_text("utf-8") if found else None


def _quoted(value: object) -> str:
    """As JSON writes it, which every YAML reader reads back the same."""
    text = json.dumps(value, ensure_ascii=False)
    # JSON lets U+007F, U+0085, U+2028 and their like stand; to YAML some of them end the line.
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _oneline(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _cell(text: str) -> str:
    """Text that cannot break out of its cell in a Markdown table."""
    return _oneline(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _env(value: str) -> str:
    """A value in a .env file: bare where that is safe, else in single quotes."""
    if value and not all(character.isalnum() or character in "_./:@%+,=?&-" for character in value):
        return "'" + value.replace("'", "'\\''").replace("\n", "\\n") + "'"
    return value
