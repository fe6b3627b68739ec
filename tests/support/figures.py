"""Tables of docs/reliability.md, put there by the tests that measure what they say.

A test writes only when DEVKIT_WRITE_FIGURES is set: `DEVKIT_WRITE_FIGURES=1 ./devkit test --crash tests/faults/test_stores.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.report import machine, table
from tests.support.platform import ROOT

__all__ = ["Figures"]

VARIABLE = "DEVKIT_WRITE_FIGURES"
DOCUMENT = Path(ROOT) / "docs" / "reliability.md"


@dataclass
class Figures:
    """The table between a document's lines `<!-- NAME -->` and `<!-- end of NAME -->`; `command` is what measures it."""

    name: str
    command: str
    header: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One row more. Raises AssertionError if it has other cells than the header."""
        assert len(cells) == len(self.header), (self.name, cells)
        self.rows.append(cells)

    def write(self, document: Path = DOCUMENT) -> None:
        """Replaces the table, if that is wanted. Raises ValueError for a document that has no place for it."""
        if not os.environ.get(VARIABLE):
            return
        measured = f"Measured {datetime.now(UTC):%Y-%m-%d} by `{self.command}` on {machine()}."
        content = "\n".join(["", *table(self.header, self.rows), "", measured, ""])
        text = document.read_text("utf-8")
        place = re.compile(rf"(<!-- {self.name} -->\n).*?(<!-- end of {self.name} -->)", re.DOTALL)
        text, places = place.subn(lambda found: found[1] + content + "\n" + found[2], text)
        if places != 1:
            raise ValueError(f"{document}: {places} places for the figures {self.name!r}")
        document.write_text(text, "utf-8")
