"""doctor on 200 machines that are odd in one way or several: always a report, never a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.broken_machines import ODDITIES, combinations
from tests.support.broken_place import Place
from tests.support.call import call_devkit
from tests.support.demo import write_demo
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_COUNT, _SEED = 200, 20_260
_AT_ONCE = 3
_PLANTED = "PLANTED"  # stands in the oddities where a password would


@pytest.fixture(scope="module")
def fine_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A clone with git, and programs that are there but have nothing to talk to."""
    folder = tmp_path_factory.mktemp("fine")
    place = Place(folder / "clone", folder / "home", folder / "bin", {})
    for each in (place.root, place.home, place.programs):
        each.mkdir()
    write_demo(place.root)
    for name in ("git", "unshare"):
        if found := shutil.which(name):
            (place.programs / name).symlink_to(found)
    absent = (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    )
    place.program("docker", f"#!/bin/sh\necho '{absent}' >&2\nexit 1\n")
    place.program("kubectl", "#!/bin/sh\necho 'error: current-context is not set' >&2\nexit 1\n")
    place.program("tilt", "#!/bin/sh\necho 'v0.37.1, built 2026-01-01'\n")
    git = ["git", "-C", str(place.root)]
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    return place


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_always_a_report(fine_place: Place, tmp_path: Path) -> None:
    machines = {" + ".join(names): names for names in combinations(_COUNT, _SEED)}
    assert len(machines) == _COUNT
    places = [
        _odd(fine_place, tmp_path / str(number), names) for number, names in enumerate(machines.values())
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        complaints = pool.map(_complaint, places)
    wrong = [f"{name}: {why}" for name, why in zip(machines, complaints, strict=True) if why]
    assert not wrong, f"{len(wrong)} of {_COUNT}:\n" + "\n".join(wrong)


def _odd(fine: Place, folder: Path, names: tuple[str, ...]) -> Place:
    place = Place(folder / "clone", folder / "home", folder / "bin", {})
    for source, target in ((fine.root, place.root), (fine.home, place.home), (fine.programs, place.programs)):
        shutil.copytree(source, target, symlinks=True)
    place.environ = {
        "PATH": str(place.programs),
        "HOME": str(place.home),
        "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1",  # these machines are not on any network
    }
    for name in names:
        ODDITIES[name](place)
    return place


def _complaint(place: Place) -> str | None:
    """What is wrong with how a call there ends, None when nothing is."""
    done = call_devkit(
        ["doctor", "--json"], {**place.environ, "DEVKIT_ROOT": str(place.root)}, folder="/", closed=place.closed,
        read_only=place.read_only, errors="replace",
    )  # fmt: skip
    code, out, err = done.returncode, done.stdout, done.stderr
    if code not in (0, 1):
        return f"exit code {code}: {err[-1500:]}"
    if "Traceback" in out + err:
        return err[-1500:]
    if _PLANTED in out + err:
        return "a password is shown"
    if 1 in place.closed:
        return None
    try:
        report: dict[str, Any] = json.loads(out)
    except ValueError:
        return f"no JSON: {out[:200]!r} {err[-300:]!r}"
    findings = report["findings"]
    crashed = [
        f
        for f in findings
        if f["message"].startswith("not known:") and "did not end within" not in f["message"]
    ]
    if crashed:
        return "; ".join(f"{finding['id']}: {finding['message']}" for finding in crashed)
    failed = any(finding["severity"] == "error" for finding in findings)
    return None if failed == bool(code) else f"exit code {code} with {'an' if failed else 'no'} error"


@pytest.mark.parametrize(
    "shell", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "> /dev/full", "| head -c 1 > /dev/null"]
)
def test_odd_streams(fine_place: Place, shell: str) -> None:
    """A whole process each, from a real shell."""
    done = _doctor(fine_place, "--only project --json", shell)
    # A full disk is an error of its own.
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stdout + done.stderr, done.stderr


def test_a_terminal_that_knows_only_ascii(fine_place: Place) -> None:
    done = _doctor(
        fine_place, "--only project --only secrets --verbose", "", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert "\\u2192" in done.stdout, done.stdout


def _doctor(
    place: Place, arguments: str, redirection: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    call = f'"$0" -s "$1" doctor {arguments} {redirection}'
    return subprocess.run(
        ["/bin/sh", "-c", call, sys.executable, str(Path(ROOT) / "tools")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(place.home), "DEVKIT_ROOT": str(place.root), "PIP_NO_INDEX": "1", **environ},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
