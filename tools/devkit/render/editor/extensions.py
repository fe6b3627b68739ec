"""extensions.json: what the other files need to mean anything."""

from __future__ import annotations

from devkit.render.editor.model import ByComment, Collection, EditorFile, Entry

__all__ = ["EXTENSIONS_FILE", "extensions_file"]

EXTENSIONS_FILE = ".vscode/extensions.json"
_WANTED = ("ms-python.python", "ms-python.debugpy", "redhat.vscode-yaml", "tilt-dev.tiltfile")


def extensions_file() -> EditorFile:
    """What devkit recommends. What people do not want is not added."""
    entries = tuple(Entry(name, name) for name in _WANTED)
    collection = Collection("recommendations", ByComment(), entries, unless="unwantedRecommendations")
    return EditorFile(EXTENSIONS_FILE, (collection,))
