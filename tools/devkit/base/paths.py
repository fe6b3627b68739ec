"""Where things are in the clone that devkit was called from."""

from __future__ import annotations

import os
from pathlib import Path

from devkit.base.errors import DevkitError

__all__ = ["project_root", "state_dir", "table_file"]


def project_root() -> Path:
    """The clone's root: the folder that holds `./devkit`. Tests point DEVKIT_ROOT elsewhere."""
    override = os.environ.get("DEVKIT_ROOT")
    return Path(override).resolve() if override else Path(__file__).resolve().parents[3]


def table_file(root: Path) -> Path:
    """The service table of a clone."""
    return root / "dev" / "services.yaml"


def state_dir(root: Path) -> Path:
    """`.devkit/`: what a clone keeps between calls (data, logs, control socket). Private, git-ignored, made here."""
    folder = root / ".devkit"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise DevkitError(
            f"{folder.name} cannot be a folder here: {problem.strerror}",
            hint="devkit keeps data and logs in it",
        ) from None
    return folder
