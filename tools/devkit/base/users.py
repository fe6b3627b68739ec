"""Users of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["home_folder", "user_name"]


def user_name(uid: int) -> str | None:
    """Their name, None where the system knows none for the id."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where this user's programs keep their settings. A user without a home (a container with an id of its own) gets a folder
    that does not exist, so that looking there finds nothing."""
    import pwd

    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/nonexistent")
