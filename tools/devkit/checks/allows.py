"""Comments that allow what a rule forbids: `# WORD: allow RULE, RULE: reason`, in the line itself or in the one above.

WORD is the concern's: `config`, `db`.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from devkit.findings.model import Place

__all__ = ["Allow", "allowed", "comments_to_allows", "judge_allows", "python_comments"]


@dataclass(frozen=True, slots=True)
class Allow:
    """A comment that allows `rules` in `lines`, with a `reason`. `place` is its own."""

    rules: tuple[str, ...]
    reason: str
    place: Place
    lines: tuple[int, ...]


def comments_to_allows(
    word: str, file: str, comments: Sequence[tuple[int, str, bool]], lines: Sequence[str]
) -> list[Allow]:
    """Those of a file's comments that allow something. Each is its line, its text with its sign, and whether it has the line
    to itself; one that has speaks of the next line that is neither empty nor a comment."""
    pattern = re.compile(rf"{word}:\s*allow\b\s*(.*?)\s*(?:\*/\s*\}}?)?\s*$", re.DOTALL)
    own = {line for line, _, alone in comments if alone}
    found = []
    for line, text, alone in comments:
        said = text.lstrip("#/*{ \t")
        if match := pattern.search(said) if said.startswith(f"{word}:") else None:
            rules, _, reason = match[1].partition(":")
            covered = (line, _next(line, own, lines)) if alone else (line,)
            names = tuple(filter(None, re.split(r"[\s,]+", rules)))
            found.append(Allow(names, reason.strip(), Place(file, line, 1), covered))
    return found


def python_comments(text: str) -> list[tuple[int, str, bool]]:
    """The comments of Python code that can be parsed."""
    return [
        (token.start[0], token.string, not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]


def _next(line: int, own: set[int], lines: Sequence[str]) -> int:
    following = line + 1
    while following <= len(lines) and (following in own or not lines[following - 1].strip()):
        following += 1
    return following


def allowed(allows: Iterable[Allow]) -> set[tuple[str, int, str]]:
    """What comments allow: file, line and rule. One without a reason allows nothing."""
    return {(a.place.file, line, rule) for a in allows if a.reason for line in a.lines for rule in a.rules}


def judge_allows(
    word: str, rules: Collection[str], violated: Collection[tuple[str, int, str]], allows: Iterable[Allow]
) -> Iterator[tuple[Place, str, str]]:
    """What is wrong with the comments themselves: no rule, an unknown one, no reason, nothing that they allow. The place, what
    is wrong, and its fix. `violated` is the file, line and rule of each violation."""
    fix = f"write: {word}: allow RULE: reason"
    for allow in allows:
        if not allow.rules:
            yield allow.place, "this comment allows no rule", fix
        for rule in allow.rules:
            if rule not in rules:
                near = difflib.get_close_matches(rule, rules, 1)
                known = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(rules)}"
                yield allow.place, f"there is no rule `{rule}` to allow", known
            elif not any((allow.place.file, line, rule) in violated for line in allow.lines):
                yield allow.place, f"nothing here violates `{rule}`", "delete the comment, or that rule in it"
        if not allow.reason:
            yield allow.place, "this comment gives no reason, so it allows nothing", fix
