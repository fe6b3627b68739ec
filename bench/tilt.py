"""The cluster under Tilt: a warm `up`, save → new code answers, one image's rebuild. Needs tilt and a local cluster."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bench.clone import ROOT, Clone, clone
from bench.report import Section, median, spread
from bench.versions import PORT, add_route, answers, save, source

__all__ = ["measure"]

RUNS = 20
NAMESPACE = "devkit-bench"
_TILT_PORT = "10450"


def measure() -> list[Section]:
    """Two sections: the start with its parts, and the two ways of a change into the cluster."""
    with clone() as made, _prepared(made):
        _devkit(made, "up", "--detach", "--engine", "tilt")  # builds whatever is not built yet
        _devkit(made, "down", "--engine", "tilt")
        started = time.monotonic()
        _devkit(made, "up", "--detach", "--engine", "tilt")
        warm = time.monotonic() - started
        parts = _parts()
        time.sleep(10)  # until the shared modules are learned, as in the second minute of any working day
        answers(PORT + made.offset, 0)
        saves = [save(made, PORT + made.offset, version) for version in range(1, RUNS + 1)]
        rebuild = _rebuild(made)
    ordered = sorted(saves)
    return [
        Section(
            "Tilt: warm `./devkit up --detach` (images built, nothing running)",
            ("part", "seconds"),
            (*((name, f"{seconds:.1f}") for name, seconds in parts), ("**all ready**", f"{warm:.1f}")),
            ("Parts overlap: a resource's time is Tilt's own, from its update's start to its end.",),
        ),
        Section(
            "Tilt: a change reaches the running pod",
            ("change", "result"),
            (
                (f"save a source file → the new code answers, {RUNS} saves", spread(saves)),
                ("the same, p95 (goal: under 2 s)", f"{ordered[int(len(ordered) * 0.95) - 1]:.2f} s"),
                ("change the services' locked requirements → the new pod answers", f"{rebuild:.1f} s"),
            ),
            (
                f"Median {median(saves):.2f} s. In the container itself it is about 0.14 s; the rest is the road: Tilt gathers "
                "changes, packs a tar archive and unpacks it by an exec in the pod.",
                "The requirements are every service's, so all of their images are built anew at once; one service's was timed.",
            ),
        ),
    ]


@contextmanager
def _prepared(made: Clone) -> Iterator[None]:
    """A namespace and ports of its own, and the route that tells versions apart; all of it goes at the end."""
    table = made.root / "dev" / "services.yaml"
    table.write_text(table.read_text().replace("forma3d-dev", NAMESPACE))
    settings = {"port_offset": str(made.offset), "kubeview": False}
    (made.root / "tilt_config.json").write_text(json.dumps(settings))
    add_route(made)
    (made.root / ".venv").symlink_to(ROOT / ".venv")
    (made.root / "apps" / "web" / "node_modules").unlink(missing_ok=True)
    os.environ["TILT_PORT"] = _TILT_PORT
    subprocess.run(made.command("generate"), env=made.environment(), check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(
            made.command("reset", "--yes", "--engine", "tilt"),
            cwd=made.root,
            env=made.environment(),
            capture_output=True,
        )


def _devkit(made: Clone, *arguments: str) -> None:
    done = subprocess.run(
        made.command(*arguments), cwd=made.root, env=made.environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"devkit {' '.join(arguments)}: {done.stderr[-3000:]}")


def _parts() -> list[tuple[str, float]]:
    """Each resource's last update, in the order of their ends."""
    found = []
    for item in _tilt("get", "uiresource")["items"]:
        for build in (item["status"].get("buildHistory") or [])[:1]:
            start, end = (datetime.fromisoformat(build[key]) for key in ("startTime", "finishTime"))
            found.append((end, item["metadata"]["name"], (end - start).total_seconds()))
    return [(name, seconds) for _, name, seconds in sorted(found)]


def _tilt(*arguments: str) -> dict[str, Any]:
    command = ["tilt", *arguments, "-o", "json", "--port", _TILT_PORT]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _rebuild(made: Clone) -> float:
    """A comment in the lock is a change like any other to the layer that installs it."""
    lock, module = made.root / "requirements" / "services.txt", source(made)
    head, _, _ = module.read_text().rpartition("return ")
    time.sleep(3)
    with lock.open("a") as file:
        file.write("# changed\n")
    module.write_text(f"{head}return {RUNS + 1}\n")
    return answers(PORT + made.offset, RUNS + 1, 600)
