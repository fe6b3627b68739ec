"""What people see while checks run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from devkit.base.progress import Progress
from devkit.checks import Check, Outcome

__all__ = ["progress_of"]


@contextmanager
def progress_of(checks: Sequence[Check[Any]], *, lines: bool = False) -> Iterator[Callable[[Outcome], None]]:
    """What is to be called with each outcome: a moving line says how far it is and what is waited for. `lines`: also one a
    check, for where the report is not for people and nothing else tells them."""
    left = {check.id: None for check in checks}
    with Progress(f"running {len(checks)} checks") as progress:

        def tell(outcome: Outcome) -> None:
            left.pop(outcome.check.id)
            if lines:
                detail = f": {outcome.detail}" if outcome.detail else ""
                progress.note(f"{outcome.check.id} {outcome.result.value}{detail}")
            waiting = ", ".join(list(left)[:4]) + (" …" if len(left) > 4 else "")
            rest = f"; waiting for {waiting}" if waiting else ""
            progress.say(f"checked {len(checks) - len(left)} of {len(checks)}{rest}")

        yield tell
