"""The platform itself keeps nothing in its services; and what is planted in them, in requests and in jobs, is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from devkit.base.paths import table_file
from devkit.instance.copy import copy_repository
from devkit.table.load import read_table

from tests.state.scene import audit
from tests.support.platform import ROOT

pytestmark = pytest.mark.soak

_PRINTS = "apps/print-service/src/print_service/prints.py"
_SESSIONS = "apps/gateway/src/gateway/sessions.py"
_MAKING = "apps/gridflock-service/src/gridflock_service/making.py"
_JOB = "    async with context.database.transaction() as session:\n        job, first"
_KEPT = "    kept = pathlib.Path(tempfile.gettempdir()) / 'latest-job'\n    if kept.exists():\n        kept.read_text()\n"
# File, what stands there, what takes its place.
_PATCHES = [
    (_PRINTS, "import uuid\n", "import pathlib\nimport tempfile\nimport uuid\n\n_DONE: dict[object, str] = {}\n"),
    (_PRINTS, _JOB, f"    _DONE[message.print_job_id] = 'queued'\n{_KEPT}    kept.write_text('job')\n{_JOB}"),
    (_SESSIONS, "self._redis = redis", "self._redis = redis\n        self._open: dict[str, str] = {}"),
    (_SESSIONS, "await self._redis.set(_key(name), email, ex=LIFETIME_SECONDS)", "self._open[_key(name)] = email"),
    (_SESSIONS, "await self._redis.get(_key(name))", "self._open.get(_key(name))"),
    (_SESSIONS, "await self._redis.delete(_key(name))", "self._open.pop(_key(name), None)"),
    (_MAKING, "async def make(", "import functools\n\n\n@functools.lru_cache\ndef _size(cells: int) -> int:\n    return cells\n\n\nasync def make("),
    (_MAKING, "    return await asyncio", "    _size(plate.cells)\n    return await asyncio"),
]  # fmt: skip


def test_the_platform_keeps_nothing() -> None:
    report = audit(Path(ROOT), code=0)
    assert report["findings"] == []


def test_what_is_planted_is_found(tmp_path: Path) -> None:
    root = tmp_path / "clone"
    copy_repository(Path(ROOT), read_table(table_file(Path(ROOT))), root)
    for file, old, new in _PATCHES:
        text = (root / file).read_text()
        assert old in text, (file, old)
        (root / file).write_text(text.replace(old, new, 1))
    report = audit(root, code=1)
    found = {(f["id"], *_line(root, f)) for f in report["findings"] if f["place"]}
    assert found == {
        ("state.memory", _PRINTS, "_DONE[message.print_job_id] = 'queued'"),
        ("state.left", _PRINTS, "kept.write_text('job')"),
        ("state.shared", _PRINTS, "kept.write_text('job')"),
        ("state.memory", _SESSIONS, "self._open[_key(name)] = email"),
        ("state.memory", _MAKING, "def _size(cells: int) -> int:"),
    }
    hops = [f["message"] for f in report["findings"] if f["id"] == "state.hop"]
    assert len(hops) == 2
    assert all("is answered with 401" in message for message in hops), hops


def _line(root: Path, finding: dict[str, Any]) -> tuple[str, str]:
    place = finding["place"]
    return place["file"], (root / place["file"]).read_text().splitlines()[place["line"] - 1].strip()
