"""What is typed fifty times a day, beside `python -c "import typer"`: by the command server, and without it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from bench.clone import Clone, clone
from bench.report import Section, median, spread

__all__ = ["measure"]

RUNS = 15
COMMANDS = (
    ("webhook", "shopify", "orders/create"),
    ("status",),
    ("logs", "gateway"),
    ("db", "status"),
    ("restart", "gateway"),
)


def measure() -> list[Section]:
    """One section: each command's time from its call to its end."""
    typer = [sys.executable, "-c", "import typer"]
    with clone() as made:
        made.up()
        _warm(made)
        took: dict[str, list[float]] = {}
        for _ in range(RUNS):
            took.setdefault("typer", []).append(_seconds(made, typer))
            for words in COMMANDS:
                name = " ".join(words)
                took.setdefault(name, []).append(_seconds(made, made.command(*words)))
                if words[0] != "restart":  # a service's start is the same in both
                    direct = _seconds(made, made.command(*words), DEVKIT_DIRECT="1")
                    took.setdefault(f"{name} alone", []).append(direct)
    least = median(took["typer"])
    rows = [("`import typer`", spread(took["typer"], "s", 3), "1", "")]
    for words in COMMANDS:
        name = " ".join(words)
        alone = took.get(f"{name} alone")
        rows.append(
            (
                f"`{name}`",
                spread(took[name], "s", 3),
                f"{median(took[name]) / least:.1f}",
                f"{median(alone) / least:.1f}" if alone else "",
            )
        )
    return [
        Section(
            "What is typed fifty times a day, on the local engine",
            ("command", "from its call to its end", "÷ `import typer` (goal: at most 2.5)", "the same without the command server"),
            rows,
            ("`restart` contains the service's start; the others only their own work.",),
        )
    ]  # fmt: skip


def _warm(made: Clone) -> None:
    """Until the command server has learned what each command imports."""
    for _ in range(3):
        for words in COMMANDS:
            _seconds(made, made.command(*words))
        time.sleep(3)


def _seconds(made: Clone, command: Sequence[str], **more: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=made.root, env=made.environment() | more, check=True, capture_output=True)
    return time.perf_counter() - started
