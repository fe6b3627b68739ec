"""Where things are, in the editor's own words."""

__all__ = ["HERE", "PYTHON"]

HERE = "${workspaceFolder}"
PYTHON = f"{HERE}/.venv/bin/python"
