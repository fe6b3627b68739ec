"""One installation at a time in a clone, so that a release that is half done is known to be nobody's."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.paths import state_dir

__all__ = ["one_at_a_time"]


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Raises DevkitError (exit 1) while another call installs or removes a mesh."""
    with (state_dir(root) / "mesh.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DevkitError(
                "another `devkit mesh` is at work",
                hint="wait until it is done; Tilt's mesh-install may be it",
            ) from None
        yield
