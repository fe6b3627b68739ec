"""`--only` and `--skip`: which of the checks are wanted, and what they build on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from devkit.base.errors import DevkitError, ExitCode
from devkit.checks.check import Check
from devkit.findings.former_ids import current_id

__all__ = ["fits", "select", "with_what_they_need"]

K = TypeVar("K", bound=Check[Any])


def select(checks: Sequence[K], only: Sequence[str], skip: Sequence[str], command: str) -> list[K]:
    """The wanted ones, in order. A name is an id, a former id, or an id's beginning up to a dot (a group).

    Raises DevkitError (exit 2) for a name that fits none of them; `command` lists them.
    """
    ids = [check.id for check in checks]
    only, skip = [current_id(name) for name in only], [current_id(name) for name in skip]
    for name in (*only, *skip):
        if not any(fits(id, name) for id in ids):
            groups = dict.fromkeys(id.partition(".")[0] for id in ids)
            near = difflib.get_close_matches(name, [*groups, *ids], 1)
            raise DevkitError(
                f"no check {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                fix=f"./devkit {command} --list shows them all",
                exit_code=ExitCode.USAGE,
            )
    wanted = [check for check in checks if not only or any(fits(check.id, name) for name in only)]
    return [check for check in wanted if not any(fits(check.id, name) for name in skip)]


def with_what_they_need(known: Sequence[K], wanted: Iterable[K], skip: Sequence[str] = ()) -> list[K]:
    """The wanted checks together with those they build on, in the order of `known`; without what is to be skipped."""
    by_id = {check.id: check for check in known if not any(fits(check.id, name) for name in skip)}
    needed: set[str] = set()
    waiting = [check.id for check in wanted]
    while waiting:
        id = waiting.pop()
        if id in by_id and id not in needed:
            needed.add(id)
            waiting += by_id[id].after
    return [check for check in known if check.id in needed]


def fits(id: str, name: str) -> bool:
    """Whether a name means this id."""
    return id == name or id.startswith(f"{name}.")
