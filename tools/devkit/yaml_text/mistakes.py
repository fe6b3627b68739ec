"""What is not YAML, each mistake with its place and its fix."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from devkit.findings.model import Finding, Place
from devkit.yaml_text.source import MakeError

__all__ = ["syntax_findings"]


def syntax_findings(
    problem_found: yaml.MarkedYAMLError, text: str, file: str, error: MakeError
) -> Iterator[Finding]:
    """What the parser's error means: one finding, or one for each line that a tab indents."""
    lines = text.splitlines()
    mark = problem_found.problem_mark or problem_found.context_mark
    line = (mark.line if mark else 0) + 1
    tabbed = [n for n, content in enumerate(lines, 1) if re.match(r" *\t", content)]
    if "tab" in str(problem_found) or (tabbed and abs(line - tabbed[0]) <= 1) or line in tabbed:
        for number in tabbed[:10] or [line]:
            column = lines[number - 1].find("\t") + 1 if number <= len(lines) else 1
            place = Place(file, number, max(column, 1))
            yield error("tab", "a tab indents this line", place, "indent with spaces; YAML allows no tabs")
        return
    column = (mark.column if mark else 0) + 1
    problem = problem_found.problem or "this is not YAML"
    context = f" {problem_found.context}" if problem_found.context else ""
    if problem_found.context_mark and problem_found.context_mark.line != line - 1:
        context += f" that begins in line {problem_found.context_mark.line + 1}"
    place = Place(file, line, column)
    yield error("syntax", f"is not YAML: {problem}{context}", place, _syntax_fix(problem))


def _syntax_fix(problem: str) -> str | None:
    fixes = {
        "mapping values are not allowed": "quote the text if it holds `: `, or fix the indentation",
        "found character that cannot start": "quote the text: it begins with a sign that YAML reserves",
        "could not find expected ':'": "end the key with a colon, or quote the text",
        "did not find expected key": "is the indentation the same as its neighbours'?",
        "found undefined alias": "give the `&name` before the `*name`",
        "found unexpected end of stream": "close the quote or the bracket",
        "did not find expected ',' or": "close the bracket, or put a comma between the items",
    }
    return next((fix for start, fix in fixes.items() if problem.startswith(start)), None)
