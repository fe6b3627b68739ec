"""Starts and ends a private instance, in a folder that is deleted at the end."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from devkit.base.clone import bind_clone
from devkit.engines.local.belongings import marking
from devkit.instance.instance import PrivateInstance

__all__ = ["private_instance"]


@contextlib.contextmanager
def private_instance(
    root: Path,
    say: Callable[[str], None] = lambda _: None,
    *,
    beside: PrivateInstance | None = None,
    learned: Path | None = None,
) -> Iterator[PrivateInstance]:
    """An instance of the repository's platform whose processes do not run yet. `say` hears what goes on; `beside` and
    `learned` as of PrivateInstance.

    Raises DevkitError (exit 2 or 3) when it cannot be. Whatever ends the block, everything ends and is removed; should this
    process be killed, its processes end by themselves.
    """
    folder = Path(tempfile.mkdtemp(prefix="devkit-")).resolve()
    try:
        instance = PrivateInstance(root, folder, say, beside=beside, learned=learned)
        with marking(bind_clone(instance.root).mark):
            try:
                instance.start()
                yield instance
            finally:
                instance.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
