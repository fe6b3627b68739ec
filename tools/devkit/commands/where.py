"""Says which repository a command acts on, where that is not plain to see."""

from __future__ import annotations

import sys

from devkit.base.paths import INSTALLATION, chosen_root, table_file

__all__ = ["say_where"]


def say_where() -> None:
    """One line on standard error for a repository that nobody named and devkit does not lie in, if it lies in one at all.

    For commands that start, stop or wipe. Raises DevkitError when there is no repository.
    """
    chosen = chosen_root()
    if not chosen.named and chosen.root != INSTALLATION and table_file(INSTALLATION).is_file():
        sys.stderr.write(f"devkit: this is about the platform in {chosen.root}\n")
