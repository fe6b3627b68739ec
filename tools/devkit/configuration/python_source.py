"""A Python file, by its syntax tree."""

from __future__ import annotations

import ast
import tokenize

from devkit.checks.allows import python_comments
from devkit.configuration.model import ALLOWS, Scan
from devkit.configuration.python_literals import find_literals
from devkit.configuration.python_reads import find_reads
from devkit.configuration.python_settings import find_settings
from devkit.configuration.python_tree import Tree
from devkit.configuration.values import Known

__all__ = ["scan_python"]


def scan_python(file: str, text: str, known: Known) -> Scan:
    """What a Python file holds; one that cannot be parsed is a violation itself."""
    try:
        return _scanned(file, text, known)
    except (SyntaxError, RecursionError, tokenize.TokenError) as problem:
        line = getattr(problem, "lineno", None) or 1
        what = str(getattr(problem, "msg", None) or problem)
        scan = Scan(file)
        said = (
            "unreadable",
            f"this is not Python that can be checked: {what}",
            "repair it; nothing in it was checked",
        )
        scan.suspect(line, [said])
        return scan


def _scanned(file: str, text: str, known: Known) -> Scan:
    if "\0" in text:  # which ast refuses by another error from one Python to the next
        raise SyntaxError("a NUL byte")
    scan, tree = Scan(file), Tree(ast.parse(text))
    find_reads(scan, tree)
    find_settings(scan, tree)
    find_literals(scan, tree, known)
    scan.allows += ALLOWS.read(file, python_comments(text), text.splitlines())
    return scan
