"""What a call of devkit costs before it does anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.clone import ROOT
from bench.report import Section, median, spread

__all__ = ["measure"]

RUNS = 25


def measure() -> list[Section]:
    """One section: the launcher's own cost, and --help against importing typer."""
    took: dict[str, list[float]] = {"launcher": [], "nothing": [], "help": [], "typer": []}
    with tempfile.TemporaryDirectory(prefix="devkit-bench-") as folder:
        commands = {
            "launcher": [str(_launcher_before_nothing(Path(folder)))],
            "nothing": ["/bin/true"],
            "help": [str(ROOT / "devkit"), "--help"],
            "typer": [sys.executable, "-c", "import typer"],
        }
        for _ in range(RUNS):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
                took[name].append((time.perf_counter() - started) * 1000)
    launcher_alone = [
        launcher - nothing for launcher, nothing in zip(took["launcher"], took["nothing"], strict=True)
    ]
    loaded = subprocess.run(
        [sys.executable, "-E", "-s", "-X", "importtime", str(ROOT / "tools"), "--help"],
        capture_output=True,
        text=True,
    ).stderr
    unwanted = [
        name for name in ("kubernetes", "jinja2", "rich") if f"| {name}\n" in loaded.replace("|   ", "| ")
    ]
    return [
        Section(
            "The command line",
            ("measure", "result"),
            (
                (
                    "the launcher's own cost on later calls (goal: below 30 ms)",
                    spread(launcher_alone, "ms", 1),
                ),
                ("`devkit --help`", spread(took["help"], "ms", 1)),
                ('`python -c "import typer"`', spread(took["typer"], "ms", 1)),
                ("**ratio** (goal: at most 1.6)", f"{median(took['help']) / median(took['typer']):.2f}"),
                ("of kubernetes, jinja2, rich imported for --help", ", ".join(unwanted) or "none"),
            ),
        )
    ]


def _launcher_before_nothing(root: Path) -> Path:
    """The real launcher and locks, in a folder whose Python does nothing: what remains is the launcher's own cost."""
    shutil.copy(ROOT / "devkit", root / "devkit")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copytree(ROOT / "requirements", root / ".venv" / "devkit-locks")
    (root / ".venv" / "bin").mkdir()
    (root / ".venv" / "bin" / "python").symlink_to("/bin/true")
    return root / "devkit"
