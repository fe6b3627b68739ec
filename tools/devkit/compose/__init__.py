"""Compose files, read as `docker compose config` reads them, with the place of every value."""

from devkit.compose.model import Node, Origin
from devkit.compose.project import Project, load_project, read_project

__all__ = ["Node", "Origin", "Project", "load_project", "read_project"]
