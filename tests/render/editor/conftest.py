"""The editor's files as the two tables want them."""

from __future__ import annotations

import pytest
from devkit.model import Table
from devkit.render.editor.extensions import extensions_file
from devkit.render.editor.launch import launch_file
from devkit.render.editor.model import EditorFile
from devkit.render.editor.settings import settings_file
from devkit.render.editor.tasks import tasks_file

TOPICS = ["shopify orders/create", "shopify app/uninstalled", "sendcloud parcel_status_changed"]


def wanted(table: Table) -> dict[str, EditorFile]:
    """Each file by its name without the folder."""
    files = [launch_file(table), tasks_file(table, TOPICS), settings_file(table), extensions_file(table)]
    return {file.path.rpartition("/")[2]: file for file in files}


@pytest.fixture(scope="session")
def ours(table: Table) -> dict[str, EditorFile]:
    """What this repository's table asks for."""
    return wanted(table)


@pytest.fixture(scope="session")
def shops(shop: Table) -> dict[str, EditorFile]:
    """What the small table asks for."""
    return wanted(shop)
