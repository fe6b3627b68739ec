"""settings.json: schemas for the files that people write, the interpreter, and what the editor must not watch."""

from __future__ import annotations

from devkit.model import Table
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import ByComment, Collection, EditorFile, Entry
from devkit.render.editor.names import PYTHON

__all__ = ["SETTINGS_FILE", "settings_file"]

SETTINGS_FILE = ".vscode/settings.json"
# Where a repository has devkit; its own checks and commands import from it.
_DEVKIT = "tools"


def settings_file(table: Table) -> EditorFile:
    """What the table asks of settings.json."""
    services = table.services.values()
    folders = [_DEVKIT, *(folder for service in services for folder in service.libraries)]
    folders += [source for service in services for source in service.type.sources(service)]
    sources: list[Json] = [*dict.fromkeys(folders)]
    wanted: dict[str, Json] = {
        "json.schemas": [{"fileMatch": ["/tilt_config.json"], "url": "./dev/tilt_config.schema.json"}],
        "yaml.schemas": {"./dev/services.schema.json": "dev/services.yaml"},
        "python.defaultInterpreterPath": PYTHON,
        "python.analysis.extraPaths": sources,
        # Databases and packages: thousands of files that change by themselves.
        "files.watcherExclude": {"**/.devkit/**": True, "**/.venv/**": True},
    }
    entries = tuple(Entry(key, value) for key, value in wanted.items())
    return EditorFile(SETTINGS_FILE, (Collection(None, ByComment(), entries),))
