"""What one wants to know once everything is up."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.engines.events import State, Status

__all__ = ["welcome"]


def welcome(statuses: Sequence[Status]) -> str:
    """Where to look, and what to do next; or what is not up."""
    up = [status for status in statuses if status.state is State.READY]
    down = [status.name for status in statuses if status.state not in (State.READY, State.DONE, State.OFF)]
    page = next((f": open http://localhost:{status.port}" for status in up if status.card == "page"), "")
    first = f"not up: {', '.join(down)}" if down else f"everything is up{page}"
    addresses = [f"  {s.name:<18} http://localhost:{s.port}" for s in up if s.card in ("page", "service")]
    after = (
        "next: ./devkit webhook shopify orders/create   ./devkit status   ./devkit logs -f   ./devkit down"
    )
    return "\n".join([first, *addresses, after])
