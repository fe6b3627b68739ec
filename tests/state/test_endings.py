"""Whatever ends an audit, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.state.scene import shelf
from tests.support.platform import ROOT
from tests.support.polling import looks
from tests.support.private import processes_in


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(how: signal.Signals, tmp_path: Path) -> None:
    """Of one that is killed no process: its folder is all that it cannot delete."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-E", "-s", str(ROOT / "tools"), "audit", "state", "--json"],
        cwd=shelf(tmp_path / "shelf"), env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary)}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = next((line for line in process.stderr if "watching it" in line), None)
    assert said, "it ended before anything ran"
    assert processes_in(temporary) != [process.pid], "no process of the audit was found while it ran"
    process.send_signal(how)
    process.communicate(timeout=120)
    # A shell says 130 of both: Python ends by the signal itself where that came while it ran generated code.
    assert process.returncode in ((-how,) if how == signal.SIGKILL else (130, -signal.SIGINT))
    for _ in looks():
        if not (left := processes_in(temporary)):
            break
    assert not left, left
    if how != signal.SIGKILL:
        assert list(temporary.iterdir()) == []
