"""extensions.json: what the other files need to mean anything."""

from __future__ import annotations

from devkit.model import Table
from devkit.render.editor.launch import ASKS
from devkit.render.editor.model import ByComment, Collection, EditorFile, Entry

__all__ = ["EXTENSIONS_FILE", "extensions_file"]

EXTENSIONS_FILE = ".vscode/extensions.json"
_WANTED = ("ms-python.python", "ms-python.debugpy", "redhat.vscode-yaml", "tilt-dev.tiltfile")


def extensions_file(table: Table) -> EditorFile:
    """What devkit recommends, and what the table's service types do. What people do not want is not added."""
    services = table.services.values()
    asks = [ASKS] if any(service.debug_port is not None for service in services) else []
    of_types = (name for service in services for name in service.type.extensions)
    entries = tuple(Entry(name, name) for name in dict.fromkeys((*_WANTED, *asks, *of_types)))
    collection = Collection("recommendations", ByComment(), entries, unless="unwantedRecommendations")
    return EditorFile(EXTENSIONS_FILE, (collection,))
