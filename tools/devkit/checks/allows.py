"""Comments in code that allow what an audit would find: `# config: allow url, host: reason`, in the line itself or in the
one above."""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from devkit.findings.model import Place

__all__ = ["Allow", "Allows", "Suspect", "python_comments"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A violation of `rule`. `message` never holds a credential; `fix` is in the imperative. Not `certain` is what only says
    that something cannot be checked. `also` are other lines in which a comment may allow it."""

    rule: str
    place: Place
    message: str
    fix: str
    certain: bool = True
    also: tuple[Place, ...] = ()

    def lines(self) -> set[tuple[str, int]]:
        """Files and lines in which a comment allows it."""
        return {(place.file, place.line) for place in (self.place, *self.also)}


@dataclass(frozen=True, slots=True)
class Allow:
    """A comment that allows `rules` in `lines`, with a `reason`. `place` is its own."""

    rules: tuple[str, ...]
    reason: str
    place: Place
    lines: tuple[int, ...]


class Allows:
    """The comments of one audit: `word` begins them, `rules` are what they may name. `bare`: one that names none allows
    every rule."""

    def __init__(self, word: str, rules: Iterable[str], *, bare: bool = False) -> None:
        self.rules = tuple(rules)
        self.word, self._bare = f"{word}:", bare
        self._comment = re.compile(rf"{word}:\s*allow\b\s*(.*?)\s*(?:\*/\s*\}}?)?\s*$", re.DOTALL)
        self._fix = f"write: {word}: allow: reason" if bare else f"write: {word}: allow RULE: reason"

    def read(self, file: str, comments: Iterable[tuple[int, str, bool]], lines: Sequence[str]) -> list[Allow]:
        """Those of a file's comments that allow something. Each is its line, its text with its sign, and whether it has the
        line to itself; one that has speaks of the next line that is neither empty nor a comment."""
        comments = list(comments)
        own = {line for line, _, alone in comments if alone}
        found = []
        for line, text, alone in comments:
            bare = text.lstrip("#/*{ \t")
            match = self._comment.search(bare) if bare.startswith(self.word) else None
            if match:
                rules, _, reason = match[1].partition(":")
                covered = (line, _next(line, own, lines)) if alone else (line,)
                names = tuple(filter(None, re.split(r"[\s,]+", rules)))
                found.append(Allow(names, reason.strip(), Place(file, line, 1), covered))
        return found

    def read_yaml(self, file: str, text: str) -> list[Allow]:
        """The same of a YAML file."""
        lines, comments = text.splitlines(), []
        for number, line in enumerate(lines, 1):
            before, sign, comment = line.partition(f"# {self.word}")
            if sign and (not before or before[-1].isspace()):
                comments.append((number, f"{sign}{comment}", not before.strip()))
        return self.read(file, comments, lines)

    def without_allowed(self, suspects: Iterable[Suspect], allows: Sequence[Allow]) -> list[Suspect]:
        """The violations that no comment allows. One without a reason allows nothing."""
        allowed = {
            (a.place.file, line, rule)
            for a in allows
            if a.reason
            for line in a.lines
            for rule in self._named(a)
        }
        return [s for s in suspects if not any((*line, s.rule) in allowed for line in s.lines())]

    def judge(self, suspects: Iterable[Suspect], allows: Iterable[Allow]) -> Iterator[Suspect]:
        """What is wrong with the comments themselves: no rule, an unknown one, no reason, nothing that they allow."""
        violated = {(*line, s.rule) for s in suspects for line in s.lines()}
        for allow in allows:
            if not allow.rules and not self._bare:
                yield Suspect("allow", allow.place, "this comment allows no rule", self._fix)
            for rule in allow.rules:
                if rule not in self.rules:
                    near = difflib.get_close_matches(rule, self.rules, 1)
                    fix = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(self.rules)}"
                    yield Suspect("allow", allow.place, f"there is no rule `{rule}` to allow", fix)
                elif not self._is_needed((rule,), allow, violated):
                    fix = "delete the comment, or that rule in it"
                    yield Suspect("allow", allow.place, f"nothing here violates `{rule}`", fix)
            if self._bare and not allow.rules and not self._is_needed(self.rules, allow, violated):
                yield Suspect("allow", allow.place, "there is nothing here to allow", "delete the comment")
            if not allow.reason:
                said = "this comment gives no reason, so it allows nothing"
                yield Suspect("allow", allow.place, said, self._fix)

    def _named(self, allow: Allow) -> tuple[str, ...]:
        return allow.rules or (self.rules if self._bare else ())

    def _is_needed(self, rules: Iterable[str], allow: Allow, violated: set[tuple[str, int, str]]) -> bool:
        return any((allow.place.file, line, rule) in violated for line in allow.lines for rule in rules)


def _next(line: int, own: set[int], lines: Sequence[str]) -> int:
    following = line + 1
    while following <= len(lines) and (following in own or not lines[following - 1].strip()):
        following += 1
    return following


def python_comments(text: str) -> list[tuple[int, str, bool]]:
    """The comments of Python code as `Allows.read` takes them. Raises SyntaxError or tokenize.TokenError."""
    return [
        (token.start[0], token.string, not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
