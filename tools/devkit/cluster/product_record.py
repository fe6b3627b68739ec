"""What one product recorded about its cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.cluster.endpoint import Published

__all__ = ["ProductRecord", "is_there", "read_json"]


@dataclass(frozen=True)
class ProductRecord:
    """Where the product says that its API server is, and which file or container said so; or why nothing says it."""

    published: tuple[Published, ...] = ()
    source: str = ""
    missing: str = ""


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; none where nobody may look."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def read_json(path: Path) -> Mapping[str, Any] | None:
    """A JSON object from a file; None when there is no such file or it holds something else."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
