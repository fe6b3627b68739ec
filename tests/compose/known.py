"""Projects under `known/`, and what Compose makes of them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENVIRONMENT", "KNOWN", "PROJECTS", "expected", "in_place"]

KNOWN = Path(__file__).parent / "known"
PROJECTS = sorted(path.name for path in KNOWN.iterdir() if path.is_dir())
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/someone"}


def expected(project: str) -> str:
    """What `docker compose config --format json` printed, with /project for the project's folder."""
    return (KNOWN / f"{project}.json").read_text()


def in_place(printed: str, project: str) -> str:
    """The same for what it printed here."""
    return printed.replace(str(KNOWN / project), "/project").rstrip("\n") + "\n"
