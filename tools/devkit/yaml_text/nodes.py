"""PyYAML's nodes and events, and where they begin."""

from __future__ import annotations

import yaml

from devkit.findings.model import Place

__all__ = ["LOADER", "place_of"]

LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def place_of(part: yaml.Event | yaml.Node, file: str) -> Place:
    """Where a part of the text begins; lines and columns count from 1."""
    mark = part.start_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
