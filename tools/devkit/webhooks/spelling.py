"""How a provider writes JSON. A signature covers the bytes, so a receiver must see the spelling that it will get."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import quote_plus

__all__ = ["COMPACT", "SPELLINGS", "Spelling", "as_form"]

# An empty object at the end of a line of indented JSON; a text that ends so has a quote behind it.
_EMPTY = re.compile(r"^( *)(.*)\{\}(,?)$", re.MULTILINE)


@dataclass(frozen=True)
class Spelling:
    """One way to write JSON: `indent` spaces a level (None: on one line, with `separators`), as ASCII alone or as UTF-8.

    `escapes` are characters that are written otherwise within texts; `open_empty` writes an empty object on two lines.
    """

    indent: int | None = None
    separators: tuple[str, str] = (",", ":")
    ascii_only: bool = False
    escapes: tuple[tuple[str, str], ...] = ()
    open_empty: bool = False

    def encode(self, payload: object) -> bytes:
        """The body's bytes."""
        separators = self.separators if self.indent is None else (",", ": ")
        text = json.dumps(payload, ensure_ascii=self.ascii_only, indent=self.indent, separators=separators)
        for character, written in self.escapes:  # none of them is part of JSON's own grammar
            text = text.replace(character, written)
        if self.open_empty:
            text = _EMPTY.sub(r"\1\2{\n\1}\3", text)
        return text.encode("utf-8", "surrogatepass")


COMPACT = Spelling()
SPELLINGS = {
    "compact": COMPACT,
    "spaced": Spelling(separators=(", ", ": ")),
    "indented": Spelling(indent=2),
    # As Rails writes JSON that may stand in HTML. Shopify's spelling.
    "html-safe": Spelling(
        escapes=(
            ("/", "\\/"),
            ("<", "\\u003c"),
            (">", "\\u003e"),
            ("&", "\\u0026"),
            ("\u2028", "\\u2028"),
            ("\u2029", "\\u2029"),
        ),
    ),
    # Stripe's spelling.
    "indented-open": Spelling(indent=2, open_empty=True),
}


def as_form(field: str, body: bytes) -> bytes:
    """A body as the one field of a form (`application/x-www-form-urlencoded`)."""
    return f"{field}={quote_plus(body)}".encode()
