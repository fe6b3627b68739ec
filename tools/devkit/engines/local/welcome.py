"""What to say once everything is up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devkit.base.paths import table_file
from devkit.engines.events import State, Status

__all__ = ["welcome"]


def welcome(root: Path, statuses: Sequence[Status]) -> str:
    """Where to look, and what to do next; or what is not up."""
    from devkit.render.examples import first_example  # with the table's own imports: everything is up first
    from devkit.table.load import load_table

    up = [status for status in statuses if status.state is State.READY]
    down = [status.name for status in statuses if status.state not in (State.READY, State.DONE, State.OFF)]
    page = next((f": open http://localhost:{status.port}" for status in up if status.card == "page"), "")
    first = f"not up: {', '.join(down)}" if down else f"everything is up{page}"
    addresses = [f"  {s.name:<18} http://localhost:{s.port}" for s in up if s.card in ("page", "service")]
    table, _ = load_table(table_file(root))
    example = first_example(table, {status.name for status in up}) if table else None
    after = "   ".join(filter(None, [example, "./devkit status", "./devkit logs -f", "./devkit down"]))
    return "\n".join([first, *addresses, f"next: {after}"])
