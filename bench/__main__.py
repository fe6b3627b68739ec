"""`python -m bench [NAME…]`: measures and writes docs/benchmarks.md (all names), or prints (some)."""

from __future__ import annotations

import importlib
import sys

from bench.clone import ROOT
from bench.report import page

NAMES = (
    "command_line",
    "scale",
    "doctor",
    "start",
    "reload",
    "spawn",
    "debugger",
    "webhooks",
    "orders",
    "board",
    "images",
    "sync",
    "tilt",
)


def main() -> None:
    chosen = sys.argv[1:] or list(NAMES)
    sections = []
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        sections += importlib.import_module(f"bench.{name}").measure()
    text = page(sections)
    if chosen == list(NAMES):
        (ROOT / "docs" / "benchmarks.md").write_text(text, "utf-8")
        print("wrote docs/benchmarks.md", file=sys.stderr)
    print(text)


if __name__ == "__main__":
    main()
