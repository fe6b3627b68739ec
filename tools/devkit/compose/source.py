"""The text of a Compose file, and the documents in it."""

from __future__ import annotations

from pathlib import Path

import yaml

from devkit.compose.model import ComposeError, fail, problem
from devkit.compose.yaml_nodes import Document, read_documents
from devkit.findings.model import Place
from devkit.yaml_text.mistakes import syntax_findings
from devkit.yaml_text.source import read_source

__all__ = ["documents"]

_MISSING = "is its name right? Compose files are named with -f"


def documents(path: Path, shown: str) -> list[Document]:
    """The YAML documents of a file; none of one that is empty. Raises ComposeError with every reason why it is no YAML."""
    text = read_source(path, shown, problem, "a Compose file", _MISSING)
    if not isinstance(text, str):
        raise ComposeError([text])
    try:
        return list(read_documents(text, shown))
    except yaml.MarkedYAMLError as failure:
        raise ComposeError(syntax_findings(failure, text, shown, problem)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as failure:
        reason = str(failure).splitlines()[0] if str(failure) else "it is nested too deeply"
        fail("syntax", f"is not YAML: {reason}", Place(shown))
