"""A Python file, by its syntax tree."""

from __future__ import annotations

import ast
import io
import tokenize

from devkit.configuration.allows import comments_to_allows
from devkit.configuration.model import Scan
from devkit.configuration.python_literals import find_literals
from devkit.configuration.python_reads import find_reads
from devkit.configuration.python_settings import find_settings
from devkit.configuration.python_tree import Tree
from devkit.configuration.values import Known

__all__ = ["scan_python"]


def scan_python(file: str, text: str, known: Known) -> Scan:
    """What a Python file holds; one that cannot be parsed is a violation itself."""
    scan = Scan(file)
    try:
        module = ast.parse(text)
        comments = [
            (token.start[0], token.string, not token.line[: token.start[1]].strip())
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        ]
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError) as problem:
        line = getattr(problem, "lineno", None) or 1
        what = str(getattr(problem, "msg", None) or type(problem).__name__)
        scan.suspect(
            line, [("unreadable", f"this is not Python: {what}", "repair it; nothing else in it was checked")]
        )
        return scan
    tree = Tree(module)
    find_reads(scan, tree)
    find_settings(scan, tree)
    find_literals(scan, tree, known)
    scan.allows += comments_to_allows(file, comments, text.splitlines())
    return scan
