"""`devkit verify` on the project's own platform: the page, the order, and no secret in what it says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.clone import Clone, running_clone
from tests.support.platform import SECRETS
from tests.support.polling import PATIENCE

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js 20 or newer, with npm")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    with running_clone(tmp_path_factory.mktemp("clone")) as made:
        made.steer("clock", speed=1000)
        yield made


def verify(clone: Clone, *arguments: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit code, checks by id, and all that was written."""
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(clone.root / "tools"), "verify", "--json", *arguments],
        cwd=clone.root, env={"PATH": "/usr/bin:/bin", "DEVKIT_ROOT": str(clone.root)},
        capture_output=True, text=True, timeout=2 * PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return (
        done.returncode,
        {check["id"]: check for check in json.loads(done.stdout)["checks"]},
        done.stdout + done.stderr,
    )


def test_the_whole_platform(clone: Clone) -> None:
    sources = {path: path.read_bytes() for path in (clone.root / "apps").glob("*/src/**/main.*")}
    code, found, written = verify(clone)
    failed = {name: check["detail"] for name, check in found.items() if check["result"] == "failed"}
    assert (code, failed) == (0, {})
    skipped = {name for name, check in found.items() if check["result"] == "skipped"}
    assert skipped == {
        "forwards.kubeview",
        "forwards.slicer",
        *(name for name in found if name.startswith("dns.")),
    }
    steps = [step.rpartition(" ")[0].rpartition(" ")[0] for step in found["order"]["detail"].split(", ")]
    assert steps == [
        "accepted",
        "in the API",
        "queued at the printers",
        "printed",
        "shipping",
        "announced to the carrier",
    ]
    assert found["sync.web"]["detail"].startswith("Vite announces a full-reload after ")
    assert {path: path.read_bytes() for path in sources} == sources
    assert not [name for name in SECRETS if (value := value_of(clone, name)) and value in written]


def value_of(clone: Clone, name: str) -> str:
    try:
        value = clone.secret(name)
    except KeyError:
        return ""
    return value if len(value) >= 12 else ""


def test_an_order_while_the_simulator_stands_still(clone: Clone) -> None:
    clone.steer("clock", paused=True)
    try:
        code, found, _ = verify(clone, "--only", "order")
    finally:
        clone.steer("clock", paused=False)
    assert (code, found["order"]["result"]) == (1, "failed")
    assert "clock stands still" in found["order"]["detail"]


def test_an_order_that_cannot_be_printed(clone: Clone) -> None:
    module = clone.root / "dev/verify/order.py"
    source = module.read_text()
    missing = '"orders/create", {"line_items[0].sku": "MISSING-1"})'
    module.write_text(source.replace('"orders/create")', missing))
    try:
        code, found, _ = verify(clone, "--only", "order")
    finally:
        module.write_text(source)
    assert code == 1
    assert "print jobs are failed" in found["order"]["detail"]
