"""Env files as Compose reads them: quotes, escapes, comments, `export`, names without a value, and interpolation.

python-dotenv reads another language: `$NAME` without braces, `${NAME:?}`, `NAME: value` and `\\$` mean other things there,
and it tells no lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from devkit.compose.model import Source, Variable, fail
from devkit.compose.template import Missing, Unclear, Use, substitute
from devkit.findings.model import Place

__all__ = ["read_env_file", "read_raw_env_file"]

_BLANK = "\t\v\f\r \x85\xa0"
_SPACE = (
    _BLANK
    + "\n\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_ESCAPE = re.compile(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_EXPORT = re.compile(r"export[\t\n\f\r ]")
_OCTAL_DIGITS, _OCTAL_MAX = 3, 255

Lookup = Callable[[str], Variable]


def read_env_file(
    path: Path, shown: str, lookup: Lookup, known: dict[str, Variable] | None = None
) -> dict[str, Variable]:
    """The file's variables. Those of `known` may be used in values, and are in the result.

    Raises ComposeError with file, line and column when it cannot be read.
    """
    return _Reader(_content(path, shown), shown, lookup, dict(known or {})).read()


def read_raw_env_file(path: Path, shown: str, lookup: Lookup) -> dict[str, Variable]:
    """The file's variables in the format `raw`: no quotes, no interpolation, no comments behind values.

    Raises ComposeError with file and line when it cannot be read.
    """
    found: dict[str, Variable] = {}
    text = _content(path, shown)
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
        line = line.removesuffix("\r").lstrip(_SPACE)
        if not line or line.startswith("#"):
            continue
        place = Place(shown, number, 1)
        name, has_value, value = line.partition("=")
        if not name:
            fail("env-file", "this line has no name before its `=`", place, "write NAME=value")
        if any(character in name for character in _BLANK + "\n"):
            fail("env-file", f"the name `{name}` has a space in it", place, "write NAME=value")
        if has_value:
            found[name] = Variable(name, value, Source.FILE, place, value)
        elif (inherited := lookup(line)).value is not None:
            found[name] = Variable(name, inherited.value, Source.FILE, place)
    return found


def _content(path: Path, shown: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as failure:
        fail("env-file", f"cannot be read: {failure.strerror or failure}", Place(shown))
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


@dataclass
class _Reader:
    text: str
    file: str
    lookup: Lookup
    found: dict[str, Variable]
    at: int = 0

    def read(self) -> dict[str, Variable]:
        while self._statement():
            start = self.at
            name, inherited = self._name()
            if " " in name:
                self._fail(f"the name `{name}` has a space in it", start, "write NAME=value")
            if inherited:
                if (variable := self.lookup(name)).value is not None:
                    self._set(name, variable.value, start, "")
                continue
            behind, value = self.at, self._value()
            self._set(name, value, start, self.text[behind : self.at])
        return self.found

    def _set(self, name: str, value: str | None, start: int, text: str) -> None:
        self.found[name] = Variable(name, value, Source.FILE, self._place(start), text.strip(_SPACE))

    def _statement(self) -> bool:
        """Goes to the next thing that is no comment. False at the end."""
        while True:
            self._skip(_SPACE)
            if self.at >= len(self.text):
                return False
            if self.text[self.at] != "#":
                return True
            end = self.text.find("\n", self.at)
            self.at = end if end >= 0 else len(self.text)

    def _skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def _name(self) -> tuple[str, bool]:
        """The name, and whether it stands there without a value, to be inherited."""
        if _EXPORT.match(self.text, self.at):
            self.at += len("export")
            self._skip(_BLANK)
        start = self.at
        for index in range(start, len(self.text)):
            character = self.text[index]
            if character in "=:\n":
                self.at = index + 1
                self._skip(_BLANK)
                return self.text[start:index].rstrip(_SPACE), character == "\n"
            if character not in _BLANK + "_.-[]" and not character.isalpha() and not character.isnumeric():
                line = self.text[start:].partition("\n")[0]
                self._fail(f"`{character}` cannot be in a name", index, f"is this line complete? {line[:40]}")
        if start >= len(self.text):
            self._fail("a line ends after `export`", start, "write export NAME=value")
        # A name on the last line, with no line end: Compose takes it for the value of a variable without a name.
        self._skip(_BLANK)
        return "", False

    def _value(self) -> str:
        """The value behind the name."""
        quote = self.text[self.at : self.at + 1]
        start = self.at
        if quote not in ('"', "'"):
            end = self.text.find("\n", self.at)
            line = self.text[self.at : end if end >= 0 else len(self.text)]
            self.at = end + 1 if end >= 0 else len(self.text)
            return self._expanded(line.partition(" #")[0].rstrip(_SPACE), start)
        characters: list[str] = []
        escaped = False
        for index in range(start + 1, len(self.text)):
            character = self.text[index]
            if character == quote and not escaped:
                self.at = index + 1
                value = "".join(characters)
                return self._expanded(_ESCAPE.sub(_unescaped, value), start) if quote == '"' else value
            if character != quote and character == "\\" and not escaped:
                escaped = True
                continue
            if escaped and character != quote:
                characters.append("\\")
            escaped = False
            characters.append(character)
        return self._fail("this quote is never closed", start, f"close it with {quote}")

    def _expanded(self, value: str, start: int) -> str:
        def look(name: str) -> Variable:
            found = self.lookup(name)
            return found if found.value is not None else self.found.get(name) or found

        try:
            return substitute(value, look, Use())
        except Missing as failure:
            reason = f": {failure.reason}" if failure.reason else ""
            self._fail(f"`{failure.name}` has no value{reason}", start, f"give {failure.name} a value")
        except Unclear:
            self._fail("a `${` begins no variable", start, "write ${NAME}, or $$ for a dollar sign")

    def _place(self, index: int) -> Place:
        return Place(self.file, self.text.count("\n", 0, index) + 1, index - self.text.rfind("\n", 0, index))

    def _fail(self, message: str, index: int, fix: str) -> NoReturn:
        fail("env-file", message, self._place(index), fix)


def _unescaped(match: re.Match[str]) -> str:
    text = match.group()
    if text == r"\$":
        return "$$"
    if text.startswith(r"\0"):
        digits = text[2:]
        usable = len(digits) >= _OCTAL_DIGITS and all(d in "01234567" for d in digits[:_OCTAL_DIGITS])
        if usable and (code := int(digits[:_OCTAL_DIGITS], 8)) <= _OCTAL_MAX:
            return chr(code)
        return "\\" + digits
    return _ESCAPED.get(text[1:], text)
