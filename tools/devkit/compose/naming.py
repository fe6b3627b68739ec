"""The project's name."""

from __future__ import annotations

import re
from pathlib import Path

from devkit.compose.model import Node, fail
from devkit.compose.reading import Reader
from devkit.compose.source import documents
from devkit.compose.start import Start
from devkit.compose.template import Missing, Unclear, substitute
from devkit.findings.model import Place

__all__ = ["NAME_VARIABLE", "project_name"]

NAME_VARIABLE = "COMPOSE_PROJECT_NAME"


def project_name(reader: Reader, start: Start, given: str | None) -> str:
    """The project's name: the one given, COMPOSE_PROJECT_NAME, `name:` of the last file that has it, or the folder's.
    Raises ComposeError when the first two are no names."""
    for name, source in ((given, "--name"), (start.variables.value(NAME_VARIABLE), NAME_VARIABLE)):
        if name:
            if _as_name(name) != name:
                fix = "use small letters, digits, `-` and `_`"
                fail(
                    "bad-name",
                    f"`{name}` is no name for a project ({source})",
                    Place(reader.shown(start.files[0])),
                    fix,
                )
            return name
    named = [node for file in start.files for node in _names(reader, file)]
    if not named:
        return _as_name(Path(start.folder).name)
    text = str(named[-1].value)
    try:
        return _as_name(substitute(text, start.variables.look) if reader.interpolated else text)
    except (Missing, Unclear):
        fail("bad-variable", f"`{text}` cannot be made a name", named[-1].place, "write ${NAME:-default}")


def _names(reader: Reader, file: str) -> list[Node]:
    found = [document.root.get("name") for document in documents(Path(file), reader.shown(file))]
    return [node for node in found if node is not None and node.value not in (None, "")]


def _as_name(text: str) -> str:
    """Text as a project's name: what cannot be in one is left out."""
    return "".join(re.findall(r"[a-z0-9_-]", text.lower())).lstrip("_-")
