"""Figures get into the document only when they are wanted, at their place, and stay one table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.figures import DOCUMENT, VARIABLE, Figures

BEFORE = "# A page\n\n<!-- faults -->\nold\n<!-- end of faults -->\n\nmore\n"


def measured() -> Figures:
    figures = Figures("faults", "./devkit test --crash", ("Fault", "Seconds"))
    figures.add("Postgres hangs", "4.0 s")
    return figures


def test_a_table_is_replaced_also_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(BEFORE)
    monkeypatch.setenv(VARIABLE, "1")
    measured().write(page)
    once = page.read_text()
    measured().write(page)
    assert page.read_text() == once
    assert once.startswith(
        "# A page\n\n<!-- faults -->\n\n| Fault | Seconds |\n| --- | --- |\n| Postgres hangs | 4.0 s |\n"
    )
    assert "by `./devkit test --crash` on " in once
    assert once.endswith("<!-- end of faults -->\n\nmore\n")


def test_nothing_is_written_unless_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(BEFORE)
    monkeypatch.delenv(VARIABLE, raising=False)
    measured().write(page)
    assert page.read_text() == BEFORE


def test_a_page_without_the_place_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n")
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(ValueError, match="0 places for the figures 'faults'"):
        measured().write(page)
    assert page.read_text() == "# A page\n"


@pytest.mark.parametrize("name", ["faults", "outages", "rolls", "memory"])
def test_the_document_has_a_place_for_each(name: str) -> None:
    assert DOCUMENT.read_text().count(f"<!-- {name} -->\n") == 1
