"""The first moments of `up`: the fork server starts importing before devkit itself has."""

from __future__ import annotations

import os
from pathlib import Path

from devserve.client import ForkClient

from devkit.base.clone import bind_clone
from devkit.engines.local.belongings import marking
from devkit.engines.local.logfile import log_path
from devkit.engines.local.preload import learned_modules
from devkit.engines.local.runner import inherited
from devkit.engines.local.state import one_supervisor
from devkit.engines.protocol import UpRequest

__all__ = ["run_here"]


def run_here(root: Path, wanted: UpRequest, *, spawning: bool) -> int:
    """Runs the platform in this process; `spawning`: its services are fresh interpreters (`devserve.starting`). Raises DevkitError when one runs already or it cannot be started."""
    with one_supervisor(root), marking(bind_clone(root).mark):
        os.chdir(root)  # whoever finds this process on a port is told its clone by this
        forks = ForkClient(spawning=spawning)
        with log_path(root, "devkit").open("ab") as log:
            forks.launch(inherited(), learned_modules(root), log.fileno())
        # A tenth of a second of imports, during which the other process already does its own.
        from devkit.engines.local.engine import run_platform

        return run_platform(root, wanted, forks)
