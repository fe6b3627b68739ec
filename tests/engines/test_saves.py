"""A save is a save, whatever happened to the folders, and what is none restarts nothing."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from devkit.engines.local import watch
from devkit.engines.local.pace import Pace
from watchfiles import Change

from tests.support.demo import Demo, demo, until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("other")
        yield made


def version(platform: Demo) -> object:
    return platform.get("other")["version"]


def save(platform: Demo, number: int) -> None:
    platform.edit("other", r'"version": \d+', f'"version": {number}')


def said(platform: Demo) -> str:
    return (platform.root / ".devkit/logs/devkit.log").read_text()


def test_a_save_is_told_with_its_reason(platform: Demo) -> None:
    save(platform, 10)
    until(lambda: version(platform) == 10)
    assert "apps/other/src/other/main.py changed: restarting other\n" in said(platform)


def test_what_is_no_save_restarts_nothing(platform: Demo) -> None:
    source = platform.source("other")
    before = platform.get("other")["pid"]
    told = said(platform)
    source.chmod(0o600)
    with source.open("r+b") as file:  # the same once more, and never less of it
        content = file.read()
        file.seek(0)
        file.write(content)
    for name in ("#main.py#", ".DS_Store", ".main.py.swp", "main.py.bak", "main.py___jb_tmp___"):
        (source.parent / name).write_text(name)
    save(platform, 11)  # after these: what was noticed of them was acted on before it
    until(lambda: version(platform) == 11)
    added = said(platform).removeprefix(told)
    assert added.count("restarting") == 1, added
    assert platform.statuses()["other"]["restarts"] == 2
    assert platform.get("other")["pid"] != before


@pytest.mark.parametrize("gone", ["apps/other/src", "apps/other", "apps", "libs"])
def test_a_branch_without_the_folder_and_back(platform: Demo, gone: str) -> None:
    """As `git checkout` does: the folder goes, and one of the same name comes."""
    time.sleep(
        4
    )  # or these saves and those of the test before count as a program's, and are held up (pace.py)
    folder = platform.root / gone
    kept = platform.root / "another branch"
    shutil.copytree(folder, kept)
    shutil.rmtree(folder)
    time.sleep(1.5)  # as long as one looks at another branch
    shutil.copytree(kept, folder)
    shutil.rmtree(kept)
    number = 20 + len(gone)
    save(platform, number)
    until(lambda: version(platform) == number)
    save(platform, number + 1)
    until(lambda: version(platform) == number + 1)
    module = platform.root / "libs" / f"shared_{number}.py"
    module.write_text("")
    until(lambda: f"libs/{module.name} changed: restarting other\n" in said(platform), 20)


def test_a_service_that_writes_beside_its_source(platform: Demo) -> None:
    source = platform.source("other")
    text = source.read_text()
    writes = (
        "import pathlib, time\npathlib.Path(__file__).with_name('stamp.txt').write_text(str(time.time()))\n"
    )
    try:
        source.write_text(writes + text)
        until(lambda: "other is restarted again and again" in said(platform))
        restarts = platform.statuses()["other"]["restarts"]
        time.sleep(10)
        assert platform.statuses()["other"]["restarts"] - restarts <= 4
    finally:
        source.write_text(text)
    until(lambda: version(platform) is not None)


def test_a_save_that_nobody_told_of_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes while others are handed over may be dropped by the watch itself."""
    file = tmp_path / "services.yaml"
    file.write_text("1")

    async def bursts(_: object) -> AsyncGenerator[tuple[set[tuple[Change, str]], bool]]:
        file.write_text("2")
        yield {(Change.modified, str(file))}, False
        file.write_text("3")
        yield set(), False
        yield set(), False
        file.write_text("4")
        yield set(), False

    async def told() -> list[str]:
        found = []
        async for _ in watch.watch_units([], [file]):
            found.append(file.read_text())
            if found[-1] == "4":
                break
        return found

    monkeypatch.setattr(watch, "_changes", bursts)
    assert asyncio.run(told()) == ["2", "3", "4"]


def test_people_are_not_held_up() -> None:
    pace = Pace()
    assert [pace.pause(now) for now in (0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 17, 21, 25)] == [0.0] * 13


def test_programs_are() -> None:
    pace = Pace()
    assert [pace.pause(0.5 * step) for step in range(5)] == [0.0] * 5
    now = 2.0
    for expected in (2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        now += 0.5
        assert pace.pause(now) == expected
        now += expected
    assert pace.pause(now + 4) == 0.0, "a save that is not its own"
