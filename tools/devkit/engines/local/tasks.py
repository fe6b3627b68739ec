"""What runs in a forked child instead of a service."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.database import migrating, operations
from devkit.database.server import WaitPolicy

__all__ = ["migrate"]


def migrate(folder: str, deadline: float, fix: str, server: str, seed: str | None = None) -> None:
    """Migrates DATABASE_URL with the migrations in `folder`, then seeds it from `seed` if given. The server gets
    `deadline` seconds to answer; `fix` is for when it does not; `server` is the `cluster_name` of the only one that is meant.

    Prints lines on each; ends the process with one line when it cannot.
    """
    try:
        patience = WaitPolicy(deadline, fix=fix, server=server)
        for line in migrating.migrate(os.environ["DATABASE_URL"], Path(folder), patience).lines:
            print(line, flush=True)  # noqa: T201 - a task's log
        if seed:
            done = operations.seed(os.environ["DATABASE_URL"], Path(seed), patience)
            print(f"seeded {', '.join(done)}", flush=True)  # noqa: T201
    except DevkitError as problem:
        sys.exit(f"{problem.message}" + (f" → {problem.fix}" if problem.fix else ""))
