"""What an alias of a YAML text refers to may be cut out of it: then the first alias becomes the anchor."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.yaml_text.nodes import LOADER

__all__ = ["moved_anchors"]


def moved_anchors(text: str, cuts: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """The edits (start, end, new text) that keep the text valid once `cuts` are taken out of it.

    Raises DevkitError (exit 2) for an anchor of more than a word or a line, which cannot be moved.
    """

    def cut(mark: yaml.Mark) -> bool:
        return any(start <= mark.index < end for start, end in cuts)

    edits: dict[int, tuple[int, int, str]] = {}
    anchors: dict[str, int] = {}
    tokens = list(yaml.scan(text, Loader=LOADER))
    for position, token in enumerate(tokens):
        if isinstance(token, yaml.AnchorToken):
            anchors[token.value] = position
        elif isinstance(token, yaml.AliasToken) and not cut(token.start_mark):
            anchor = anchors[token.value]
            if cut(tokens[anchor].start_mark) and anchor not in edits:
                value = _value(text, tokens[anchor + 1], token)
                edits[anchor] = (token.start_mark.index, token.end_mark.index, f"&{token.value} {value}")
    return list(edits.values())


def _value(text: str, token: yaml.Token, alias: yaml.AliasToken) -> str:
    value = text[token.start_mark.index : token.end_mark.index]
    if isinstance(token, yaml.ScalarToken) and "\n" not in value:
        return value
    raise DevkitError(
        f"dev/services.yaml:{alias.start_mark.line + 1}: *{alias.value} refers to what is about to go",
        fix="write there what it stands for",
        exit_code=ExitCode.USAGE,
    )
