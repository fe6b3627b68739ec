"""The way in: a file → a valid `Table`, or every finding about it in one run."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.findings.model import Finding, Severity, worst_first
from devkit.findings.text import render_text
from devkit.model import Table
from devkit.table.build import build_table
from devkit.table.rules import RuleContext, check_rules
from devkit.table.schema import schema_with
from devkit.table.shape import check_shape, prune
from devkit.table.source import read_source
from devkit.table.source_map import Data
from devkit.table.syntax import read_syntax
from devkit.types.registry import types_for

__all__ = ["load_table", "mistakes_note", "parse_table", "read_table"]

_OF_UNKNOWN_KIND = ("table.ambiguous", "table.long-number")


def load_table(path: Path, *, look_around: bool = False) -> tuple[Table | None, list[Finding]]:
    """Read the table at `path`. No table comes back when any finding is an error; nothing is ever raised.

    `look_around` asks too whether the folders it names are there; the clone is the parent of the table's folder.
    """
    shown = _shown(path)
    text = read_source(path, shown)
    if isinstance(text, Finding):
        return None, [text]
    if look_around:
        return parse_table(text, shown, root=path.absolute().parent.parent)
    table, findings = _parsed(text, shown)
    return table, list(findings)


@lru_cache(maxsize=1)
def _parsed(text: str, file: str) -> tuple[Table | None, tuple[Finding, ...]]:
    """Of the same text once: a command and the engine that it asks both read the table."""
    table, findings = parse_table(text, file)
    return table, tuple(findings)


def parse_table(text: str, file: str, *, root: Path | None = None) -> tuple[Table | None, list[Finding]]:
    """As `load_table`, from the text itself; `file` is what findings call it. With a `root`, folders are looked for there."""
    syntax = read_syntax(text, file)
    source_map = syntax.source_map
    if syntax.data is None:
        return None, syntax.findings
    types = types_for(_types_named(syntax.data))
    schema = schema_with(types)
    shape, _ = check_shape(syntax.data, source_map, schema)
    # Of an ambiguous value, its kind is not yet known to be wrong.
    ambiguous = {finding.place for finding in syntax.findings if finding.id in _OF_UNKNOWN_KIND}
    findings = syntax.findings + [finding for finding in shape if finding.place not in ambiguous]
    if any(finding.id == "table.version" for finding in shape):
        return None, [finding for finding in shape if finding.id == "table.version"]
    # The rules look at whatever fits the shape, so that one run tells everything.
    fitting = prune(syntax.data, schema) if shape else syntax.data
    table = build_table(fitting, source_map, types) if fitting is not None else None
    if table is not None:
        findings += check_rules(RuleContext(table, source_map, syntax.data, complete=not shape, root=root))
    findings = worst_first(dict.fromkeys(findings))
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    return (None if failed else table), findings


def _types_named(data: Data) -> list[object]:
    services = data.get("services") if isinstance(data, dict) else None
    rows = services.values() if isinstance(services, dict) else ()
    return [row.get("type") for row in rows if isinstance(row, dict)]


def read_table(path: Path, *, look_around: bool = False) -> Table:
    """The table at `path`, as `load_table`.

    Raises DevkitError (exit 2) whose message is the text of every finding.
    """
    table, findings = load_table(path, look_around=look_around)
    if table is None:
        raise DevkitError(_summary(_shown(path), findings), exit_code=ExitCode.USAGE)
    return table


def mistakes_note(findings: list[Finding], consequence: str) -> str:
    """One line on a table that cannot be read, for a command that goes on without it."""
    first = findings[0]
    place = f"{first.place}: " if first.place else ""
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"note: {place}{first.message}{more}; {consequence}"


def _summary(file: str, findings: list[Finding]) -> str:
    number = sum(finding.severity is Severity.ERROR for finding in findings)
    # Each place begins a line, so that editors and terminals make it a link.
    return f"{file} has {number} error{'s' * (number > 1)}\n{render_text(findings)}"


def _shown(path: Path) -> str:
    """How findings call the file: from the current folder, when that is in the same clone."""
    try:
        whole, here = path.resolve(), Path.cwd()
        if here.is_relative_to(whole.parent.parent) or whole.is_relative_to(here):
            return Path(os.path.relpath(whole, here)).as_posix()
    except (OSError, ValueError, RuntimeError):
        pass
    return path.as_posix()
