"""What tests of `devkit audit state` share: a small platform in a folder of its own, and the audit's findings as data."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.support.private import report_of

__all__ = ["SHELF", "add_flow", "append", "audit", "shelf"]

SHELF = Path(__file__).parent / "shelf"
_MAIN = "services/shop/code/shop/main.py"


def shelf(folder: Path) -> Path:
    """A platform of one service, which keeps nothing; `folder` is made."""
    shutil.copytree(SHELF, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "services/shop/code/shop/leaks.py").unlink()
    (folder / "tilt_config.json").write_text("{}\n")
    return folder


def append(root: Path, code: str, file: str = _MAIN) -> None:
    """More code at the end of the service's main module."""
    with (root / file).open("a") as source:
        source.write(code)


def add_flow(root: Path, name: str, body: str) -> None:
    """A flow whose `page` is a client of the shop."""
    (root / f"dev/verify/{name}.py").write_text(
        f'"""{name}."""\nimport httpx\n\n\ndef check(platform):\n'
        '    with httpx.Client(base_url=platform.url("shop"), timeout=60, trust_env=False) as page:\n'
        + "".join(f"        {line}\n" for line in body.splitlines())
    )


def audit(root: Path, *arguments: str, code: int, **environment: str) -> dict[str, Any]:
    """The report of `audit state --json`, after its exit code and shape were looked at."""
    return report_of("audit", "state", "--json", *arguments, root=root, code=code, **environment)
