"""A clone in which nothing runs, with the platform's own table, examples and secrets: enough to send webhooks from."""

from __future__ import annotations

from pathlib import Path

from tests.support.demo import Demo
from tests.support.platform import ROOT

__all__ = ["webhook_clone"]


def webhook_clone(root: Path, *, examples: bool = True) -> Demo:
    """Made in `root`, which is there and empty."""
    (root / "dev").mkdir()
    (root / "dev" / "services.yaml").write_bytes((Path(ROOT) / "dev" / "services.yaml").read_bytes())
    if examples:
        (root / "dev" / "webhooks").symlink_to(Path(ROOT) / "dev" / "webhooks")
    made = Demo(root, {})
    made.devkit("secrets", "init")
    return made
