"""`--only` and `--skip`: which of the checks are wanted."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["fits", "select"]


def select(ids: Sequence[str], only: Sequence[str], skip: Sequence[str], command: str) -> list[str]:
    """The wanted ids, in order. A name is an id, or an id's beginning up to a dot (a group).

    Raises DevkitError (exit 2) for a name that fits none of them; `command` lists them.
    """
    for name in (*only, *skip):
        if not any(fits(id, name) for id in ids):
            groups = dict.fromkeys(id.partition(".")[0] for id in ids)
            near = difflib.get_close_matches(name, [*groups, *ids], 1)
            raise DevkitError(
                f"no check {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                hint=f"./devkit {command} --list shows them all",
                exit_code=ExitCode.USAGE,
            )
    return [
        id
        for id in ids
        if (not only or any(fits(id, name) for name in only)) and not any(fits(id, name) for name in skip)
    ]


def fits(id: str, name: str) -> bool:
    """Whether a name means this id."""
    return id == name or id.startswith(f"{name}.")
