"""Random projects: what `docker compose config` prints, the reader prints, to the byte; what it refuses, the reader refuses."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from devkit.compose import load_project

from tests.compose import real
from tests.compose.generator.projects import Sample, sample

pytestmark = [pytest.mark.compose, pytest.mark.skipif(not real.is_there(), reason=real.MISSING)]

IN_CI, IN_SOAK, AT_ONCE = 300, 10_000, 25
_WRITTEN = 5  # of so many projects one is read with its variables as they are written, too
# The value of a secret, which Compose prints by mistake.
_SECRET = re.compile(r',\n *"x-#value": "[^\n]*"')


@pytest.mark.parametrize("first", range(0, IN_CI, AT_ONCE))
def test_the_same_as_compose(first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(range(first, first + AT_ONCE), tmp_path, monkeypatch)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_ten_thousand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(range(IN_CI, IN_CI + IN_SOAK), tmp_path, monkeypatch)


def compare(seeds: range, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real.is_there()  # which looks in the real home
    different = []
    for seed in seeds:
        project = sample(seed)
        place = folder / f"Proj_{seed}"
        project.lay_out(place)
        monkeypatch.setenv("HOME", project.environment["HOME"])  # for `~` in paths
        different += [f"seed {seed}: {told}" for told in difference(project, place)]
        if seed % _WRITTEN == 0:
            different += [f"seed {seed}, --no-interpolate: {told}" for told in as_written(project, place)]
    assert different == [], "\n".join(different[:10])


def difference(project: Sample, place: Path) -> list[str]:
    return compared(real.config(place, project.options, project.environment), project, place)


def as_written(project: Sample, place: Path) -> list[str]:
    answer = real.config(place, project.options, project.environment, interpolate=False)
    if answer.crashed:  # on `external: "true"`, which is no switch before variables are replaced
        return []
    if answer.json is not None:
        answer = real.Answer(_SECRET.sub("", answer.json).rstrip("\n"), answer.said)
    return compared(answer, project, place, interpolate=False)


def compared(answer: real.Answer, project: Sample, place: Path, *, interpolate: bool = True) -> list[str]:
    read, findings = load_project(
        environment=project.environment, working_directory=place, interpolate=interpolate, **project.keywords
    )
    mine = read.json() if read else None
    if mine == answer.json:
        return []
    if answer.json is None:
        return [f"Compose refuses it: {answer.said[-300:]}"]
    if mine is None:
        return ["refused here: " + "; ".join(f"{f.place}: {f.message}" for f in findings)[:300]]
    (place / "compose.json").write_text(answer.json)
    (place / "ours.json").write_text(mine)
    return [f"diff {os.path.join(place, 'compose.json')} {os.path.join(place, 'ours.json')}"]  # noqa: PTH118
