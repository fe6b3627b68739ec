"""What `devkit verify` is asked for, and what its report says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.demo import demo
from tests.verify.scene import add_health, verify


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--read-only", "--only", "order"), "--read-only leaves out order"),
        (("--list", "--read-only", "--only", "order"), "--read-only leaves out order"),
        (("--only", "sync", "--skip", "sync"), "--skip takes away all that there is"),
    ],
)
def test_nothing_to_check_is_an_error(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[0]) == ("", f"devkit: nothing to check: {why}")


def test_ports_are_those_of_this_machine(tmp_path: Path) -> None:
    with demo(tmp_path) as moved:
        add_health(moved)
        moved.up("--port-offset", "1000", "other")
        found = verify(moved, "--only", "forwards.other")
    about = {name: check["about"].partition(":")[0] for name, check in found.items()}
    assert about == {
        "forwards.other": f"port {moved.ports['other'] + 1000}",
        "forwards.other.debug": f"port {moved.ports['other_debug'] + 1000}",
    }
