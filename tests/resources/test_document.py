"""The JSON: read back it is the same observation, and docs/resources.md explains every key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.findings.report import Report
from devkit.resources.document import read_document, render_document
from devkit.resources.model import Observation

from tests.resources.scene import judged, observation
from tests.support.platform import ROOT


def written(folder: Path, seen: Observation) -> str:
    ones, findings = judged(folder, seen)
    return render_document(seen, list(ones.values()), Report("resources observe", tuple(findings)))


@pytest.mark.parametrize("engine", ["local", "tilt", "compose"])
def test_read_back_it_is_the_same(tmp_path: Path, engine: str) -> None:
    for throttled in (None, 0.25):
        seen = observation({"api": ([0.123456] * 20, [150.5] * 20)}, engine=engine, throttled=throttled)
        assert read_document(written(tmp_path, seen), "x") == seen
    unloaded = observation({}, engine=engine, sent=None)
    assert read_document(written(tmp_path, unloaded), "x") == unloaded


def test_every_key_is_explained(tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(written(tmp_path, observation({"api": ([0.3] * 20, [150.0] * 20)})))
    page = (ROOT / "docs" / "resources.md").read_text()
    table = page.partition("## As JSON")[2].partition("\n## ")[0]
    first = [cell for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for cell in re.findall(r"`(\w+)`", row)]  # fmt: skip
    assert first == list(document)
    service = next(row for row in table.splitlines() if row.startswith("| `services`"))
    assert not [key for key in document["services"][0] if key != "name" and key not in service]
    assert not [key for key in document["services"][0]["cpu"] if key not in service]


def test_every_finding_is_explained() -> None:
    folder = ROOT / "tools" / "devkit" / "resources"
    text = (folder / "judge.py").read_text()
    ids = set(re.findall(r'"resources\.([a-z-]+)"', text)) | set(re.findall(r'_finding\(\s*"([a-z-]+)"', text))  # fmt: skip
    told = set(re.findall(r"^\| `resources\.([a-z-]+)`", (ROOT / "docs/resources.md").read_text(), re.MULTILINE))  # fmt: skip
    assert ids == told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not an observation"),
        ("[]", "is not an observation"),
        ('{"version": 9}', "is of version 9; this devkit reads 1 and 2"),
        ('{"version": 1}', "is not an observation"),
        ('{"version": 1, "load": null, "machine": 3}', "is not an observation"),
    ],
)
def test_what_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(DevkitError, match=message) as problem:
        read_document(text, "use.json")
    assert problem.value.exit_code == 2
