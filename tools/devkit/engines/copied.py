"""State that came here with a copy of another clone: accepted, or deleted."""

from __future__ import annotations

from pathlib import Path

from devkit.base.clone import CopiedState, forget_clone, known_clone, take_over
from devkit.base.console import say
from devkit.base.paths import STATE_FOLDER
from devkit.engines.local.state import forget_state
from devkit.engines.protocol import Engine
from devkit.engines.registry import PREFERRED

__all__ = ["accept_copy", "engine_of_copy", "is_copied"]

# Where the copied clone is, not this one.
_ITS_OWN = ("control.sock", "tunnel.json")


def is_copied(root: Path) -> bool:
    """Whether `.devkit/` is another clone's or from a backup."""
    try:
        known_clone(root)
    except CopiedState:
        return True
    return False


def accept_copy(root: Path) -> None:
    """The data in `.devkit/` are this clone's from now on. Nothing changes where they are already."""
    if is_copied(root):
        _forget(root)
        take_over(root)
        say(f"devkit: the data in {STATE_FOLDER} are this clone's now")


def engine_of_copy(root: Path) -> Engine:
    """The engine that deletes what was copied, without asking what runs: that is another clone's."""
    _forget(root)
    forget_clone(root)
    return PREFERRED[-1].make(root)


def _forget(root: Path) -> None:
    forget_state(root)
    for name in _ITS_OWN:
        (root / STATE_FOLDER / name).unlink(missing_ok=True)
