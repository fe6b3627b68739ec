"""Comments that allow a rule: `# config: allow url, host: reason`, in the line itself or in the one above."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from devkit.configuration.model import RULES, Allow, Suspect
from devkit.findings.model import Place

__all__ = ["comments_to_allows", "judge_allows", "without_allowed"]

_COMMENT = re.compile(r"config:\s*allow\b\s*(.*?)\s*(?:\*/\s*\}?)?\s*$", re.DOTALL)
_FIX = "write: config: allow RULE: reason"


def comments_to_allows(
    file: str, comments: Sequence[tuple[int, str, bool]], lines: Sequence[str]
) -> list[Allow]:
    """Those of a file's comments that allow something. Each is its line, its text with its sign, and whether it has the line
    to itself; one that has speaks of the next line that is neither empty nor a comment."""
    own = {line for line, _, alone in comments if alone}
    found = []
    for line, text, alone in comments:
        if (
            match := _COMMENT.search(text.lstrip("#/*{ \t"))
            if text.lstrip("#/*{ \t").startswith("config:")
            else None
        ):
            rules, _, reason = match[1].partition(":")
            covered = (line, _next(line, own, lines)) if alone else (line,)
            names = tuple(filter(None, re.split(r"[\s,]+", rules)))
            found.append(Allow(names, reason.strip(), Place(file, line, 1), covered))
    return found


def _next(line: int, own: set[int], lines: Sequence[str]) -> int:
    following = line + 1
    while following <= len(lines) and (following in own or not lines[following - 1].strip()):
        following += 1
    return following


def without_allowed(suspects: Iterable[Suspect], allows: Sequence[Allow]) -> list[Suspect]:
    """The violations that no comment allows. One without a reason allows nothing."""
    allowed = {(a.place.file, line, rule) for a in allows if a.reason for line in a.lines for rule in a.rules}
    return [s for s in suspects if (s.place.file, s.place.line, s.rule) not in allowed]


def judge_allows(suspects: Iterable[Suspect], allows: Iterable[Allow]) -> Iterator[Suspect]:
    """What is wrong with the comments themselves: no rule, an unknown one, no reason, nothing that they allow."""
    violated = {(s.place.file, s.place.line, s.rule) for s in suspects}
    rules = [rule for rule in RULES if rule != "allow"]
    for allow in allows:
        if not allow.rules:
            yield Suspect("allow", allow.place, "this comment allows no rule", _FIX)
        for rule in allow.rules:
            if rule not in rules:
                near = difflib.get_close_matches(rule, rules, 1)
                fix = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(rules)}"
                yield Suspect("allow", allow.place, f"there is no rule `{rule}` to allow", fix)
            elif not any((allow.place.file, line, rule) in violated for line in allow.lines):
                yield Suspect(
                    "allow",
                    allow.place,
                    f"nothing here violates `{rule}`",
                    "delete the comment, or that rule in it",
                )
        if not allow.reason:
            yield Suspect("allow", allow.place, "this comment gives no reason, so it allows nothing", _FIX)
