"""SQL as text, as far as it has to be understood: one statement after the other, comments, how it begins."""

from __future__ import annotations

import re

__all__ = ["bare", "is_concurrent", "part_about", "runs_alone", "split"]

# A literal, a quoted name, a dollar-quoted body, a comment (of one line, or whole), or the end of a statement.
_TOKEN = re.compile(
    r"""(?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<body>\$(?P<tag>[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$.*?\$(?P=tag)\$|\$\$.*?\$\$)
      | (?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<end>;)""",
    re.VERBOSE | re.DOTALL,
)
_DEFINITION = re.compile(r"(alter|create|drop|truncate|reindex|cluster|refresh|lock)\b", re.IGNORECASE)
_ALONE = re.compile(
    r"alter\s+system|(create|drop|alter)\s+(database|tablespace|subscription)|reindex\s+(\(.*?\)\s*)?(database|system)|cluster\s*$",
    re.IGNORECASE,
)


def split(text: str) -> list[str]:
    """The statements of a text, without the comments between their words; a function's body stays as it is."""
    found, current, position = [], [], 0
    for token in _TOKEN.finditer(text):
        current.append(text[position : token.start()])
        position = token.end()
        if token["comment"] is not None:
            current.append(" ")
        elif token["end"] is None:
            current.append(token[0])
        else:
            found.append("".join(current).strip())
            current = []
    found.append("".join([*current, text[position:]]).strip())
    return [each for each in found if each]


def bare(statement: str) -> str:
    """A statement without the texts in it, in small letters: its words alone."""
    return _TOKEN.sub(lambda token: token[0] if token[0].startswith('"') else " ", statement).lower()


def is_concurrent(statement: str) -> bool:
    """Whether it says CONCURRENTLY."""
    return re.search(r"\bconcurrently\b", bare(statement)) is not None


def runs_alone(statement: str) -> bool:
    """Whether it defines something, and may stand in a transaction."""
    parts = split(statement)
    return bool(parts) and all(
        _DEFINITION.match(each) is not None and _ALONE.match(each) is None and not is_concurrent(each)
        for each in parts
    )


def part_about(text: str, *names: str) -> str:
    """Of several statements in a text the first that has all the names, else the last of the names, else the whole text."""
    parts = split(text)
    if len(parts) < 2:
        return text
    for wanted in (names, names[-1:]):
        for part in parts:
            if wanted and all(
                re.search(rf"(?<!\w){re.escape(name)}(?!\w)", part, re.IGNORECASE) for name in wanted
            ):
                return part
    return text
