"""A disk that fills up while the platform runs: neither state nor logs can end or hang anything."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, demo, until


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[tuple[Demo, Path]]:
    """A clone whose `.devkit/logs` and state are on a small disk of their own; its databases are elsewhere."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    with demo(tmp_path / "clone") as made:
        state, stores = made.root / ".devkit", tmp_path / "stores"
        state.mkdir(mode=0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", state], capture_output=True
        )
        if mounted.returncode:
            pytest.skip(f"needs to mount a small disk: {mounted.stderr.decode().strip()}")
        try:
            for name in ("postgres", "redis"):
                (stores / name).mkdir(parents=True, mode=0o700)
            (state / "redis").symlink_to(stores / "redis")
            made.devkit("secrets", "init")
            yield made, state
        finally:
            made.devkit("down", check=False)
            subprocess.run(["umount", state], check=True)


def test_it_runs_on(platform: tuple[Demo, Path]) -> None:
    demo, state = platform
    source = demo.source("other")
    source.write_text(
        source.read_text()
        + '\n\n@app.get("/chatter")\ndef chatter() -> int:\n    print("x" * 1000, flush=True)\n    return 1\n'
    )
    demo.up("other")
    _fill(state / "fill")
    url = f"http://127.0.0.1:{demo.ports['other']}/chatter"
    for _ in range(2000):  # many times what a pipe holds
        assert _status(url) == 200
    before = demo.statuses()["other"]["pid"]
    assert demo.devkit("restart", "other").returncode == 0
    assert demo.statuses()["other"]["pid"] != before
    (state / "fill").unlink()
    assert _status(url) == 200
    until(lambda: "lines were dropped here" in (state / "logs/other.log").read_text())
    assert demo.devkit("status").returncode == 0


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def _status(url: str) -> int:

    with urllib.request.urlopen(url, timeout=120) as answer:
        return int(answer.status)
