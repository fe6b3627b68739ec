"""JSON as text: the same JSON in the spelling of every common library, and which one wrote a given text.

Numbers stay as they are written, however many digits they have; texts are read and written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

__all__ = ["JsonText", "Writing", "read_json"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_LARGE = 200_000  # characters; above, fewer combinations are written
_HTML = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))
_NET = re.compile(r"[&'<>+`\x7f-\uffff\U00010000-\U0010ffff]")


def _raw(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _slashed(text: str) -> str:
    return text.replace("/", "\\/")


def _html(text: str) -> str:
    for character, written in _HTML:
        text = text.replace(character, written)
    return text


def _net(text: str) -> str:
    """As System.Text.Json does: much is escaped, with hexadecimal digits in capitals."""
    written = _raw(text)[1:-1].replace('\\"', "\\u0022")
    return '"' + _NET.sub(lambda found: _units(found[0]), written) + '"'


def _units(character: str) -> str:
    raw = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[i]:02X}{raw[i + 1]:02X}" for i in range(0, len(raw), 2))


# How a text is written, in the order in which they are taken for the writer of a body where several would write the same.
_STYLES: dict[str, Callable[[str], str]] = {
    "": _raw,
    "\\u escapes for what is not ASCII": json.dumps,
    "`\\/` for slashes": lambda text: _slashed(_raw(text)),
    "`\\/` for slashes and \\u escapes (PHP's json_encode)": lambda text: _slashed(json.dumps(text)),
    "`\\u003c \\u003e \\u0026` for `< > &` (Go's json.Marshal, Rails)": lambda text: _html(_raw(text)),
    "`\\/` for slashes and `\\u003c \\u003e \\u0026` for `< > &`": lambda text: _slashed(_html(_raw(text))),
    "\\u escapes for what is not ASCII and for `< > &`": lambda text: _html(json.dumps(text)),
    "escapes in capitals (System.Text.Json)": _net,
}


@dataclass(frozen=True)
class _Layout:
    words: str
    comma: str = ","
    colon: str = ":"
    indent: str | None = None
    end: str = "\n"
    empty: tuple[str, str] = ("{}", "[]")
    open_empty: bool = False
    flat_lists: bool = False


_LAYOUTS = (
    _Layout("without spaces (JSON.stringify, json.dumps with separators=(',', ':'))"),
    _Layout("with a space after each comma and colon (json.dumps's default spacing)", ", ", ": "),
    _Layout("indented by 2 (JSON.stringify(…, null, 2), json.dumps(indent=2))", colon=": ", indent="  "),
    _Layout("indented by 4 (json.dumps(indent=4), PHP's JSON_PRETTY_PRINT)", colon=": ", indent="    "),
    _Layout("indented by tabs", colon=": ", indent="\t"),
    _Layout("indented by 2, empty objects on two lines (Stripe)", colon=": ", indent="  ", open_empty=True),
    _Layout("indented as Jackson's pretty printer does", colon=" : ", indent="  ", empty=("{ }", "[ ]"), flat_lists=True),
    _Layout("indented by 2, with CRLF (.NET on Windows)", colon=": ", indent="  ", end="\r\n"),
    _Layout("with a space after each colon", ",", ": "),
)  # fmt: skip


@dataclass(frozen=True)
class Writing:
    """One way to write the JSON: in words, and the bytes."""

    words: str
    text: str

    @property
    def raw(self) -> bytes:
        """As UTF-8."""
        return self.text.encode("utf-8", "surrogatepass")


class JsonText:
    """A JSON text's tokens, to be written in other ways."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens: list[str] = _TOKEN.findall(text)

    @cached_property
    def _styles(self) -> dict[str, dict[str, str]]:
        """How each text is written in each style; of styles that would write the same, the first."""
        texts = {token: json.loads(token, strict=False) for token in set(self._tokens) if token[0] == '"'}
        found: dict[str, dict[str, str]] = {}
        for words, write in _STYLES.items():
            mapping = {token: write(value) for token, value in texts.items()}
            if mapping not in found.values():
                found[words] = mapping
        return found

    @cached_property
    def written(self) -> Writing | None:
        """Which library would have written the text as it is; None for one of no known spelling."""
        text = self.text.strip("\r\n\t ")
        for layout in _LAYOUTS:
            pieces = _laid_out(self._tokens, layout)
            # The layout alone tells most apart, and is compared without writing every text.
            if "".join(pieces) != text:
                continue
            for words, mapping in self._styles.items():
                if all(token == written for token, written in mapping.items()):
                    return Writing(_both(layout, words), text)
            return Writing(layout.words, text)
        return None

    def writings(self) -> Iterator[Writing]:
        """The JSON as each library would write it; of large ones, fewer."""
        small = len(self.text) < _LARGE
        for number, layout in enumerate(_LAYOUTS):
            pieces = _laid_out(self._tokens, layout)
            for place, (words, mapping) in enumerate(self._styles.items()):
                if small or number == 0 or place == 0:
                    yield Writing(_both(layout, words), "".join([mapping.get(p, p) for p in pieces]))


def _both(layout: _Layout, style: str) -> str:
    return f"{layout.words}, {style}" if style else layout.words


def _laid_out(tokens: list[str], layout: _Layout) -> list[str]:
    """The tokens with white space between them."""
    if layout.indent is None:
        between = {",": layout.comma, ":": layout.colon}
        return [between.get(mark, mark) for mark in tokens]
    made: list[str] = []
    kinds: list[str] = []
    depth = 0

    def line() -> str:
        return layout.end + (layout.indent or "") * depth

    for place, mark in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        before = tokens[place - 1] if place else ""
        flat = layout.flat_lists and bool(kinds) and kinds[-1] == "["
        if mark in "{[":
            kinds.append(mark)
            if after in ("}", "]"):
                made.append(mark)
                continue
            inline = layout.flat_lists and mark == "["
            depth += not inline
            made += [mark, " " if inline else line()]
        elif mark in "}]":
            kind = kinds.pop() if kinds else ""
            if before == kind:
                whole = layout.empty[0 if mark == "}" else 1]
                made[-1] = f"{{{line()}}}" if layout.open_empty and mark == "}" else whole
                continue
            inline = layout.flat_lists and mark == "]"
            depth -= not inline
            made += [" " if inline else line(), mark]
        elif mark == ",":
            made += [",", " " if flat else line()]
        else:
            made.append(layout.colon if mark == ":" else mark)
    return made


def read_json(body: bytes) -> JsonText | None:
    """The JSON object or list that a body is; None for anything else."""
    try:
        text = body.decode()
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return JsonText(text) if isinstance(parsed, dict | list) else None
