"""Where the time of a live sync goes, from the file's event to the new code's answer. Needs a local cluster, no Tilt."""

from __future__ import annotations

import datetime
import tempfile
import time
from pathlib import Path

import httpx
from devkit.cluster.client import connect_local
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.cluster.pods import logs, newest_ready
from devkit.table.load import read_table

from bench.clone import ROOT
from bench.report import Section, spread
from tests.support.deployed import Deployed, deployed

__all__ = ["measure"]

RUNS = 12
_SERVICE, _PORT = "gridflock-service", 3004
_MODULE = "apps/gridflock-service/src/gridflock_service/main.py"
_ROUTE = '\n\n@app.get("/version")\nasync def version() -> int:\n    return {0}\n'
_NOTICED, _READY = "; reloading", "Application startup complete"


def measure() -> list[Section]:
    """One section: each stage over all runs, in the order in which they come."""
    cluster = connect_local(read_table(ROOT / "dev" / "services.yaml").allow_contexts)
    with (
        tempfile.TemporaryDirectory() as folder,
        deployed(cluster, Path(folder)) as platform,
        forward(cluster, platform.namespace, _SERVICE, _PORT) as port,
    ):
        _save(platform, port, 0)
        time.sleep(6)  # until the shared modules are learned, as in the second minute of any working day
        runs = [_save(platform, port, number) for number in range(1, RUNS + 1)]
    names = (
        "an exec in the pod that does nothing",
        "the sync itself: a tar archive unpacked by an exec",
        "the archive is unpacked → devserve acts",
        "devserve acts → the new process is up",
        "**the sync begins → the new code answers**",
    )
    rows = [(name, spread(list(values))) for name, values in zip(names, zip(*runs, strict=True), strict=True)]
    return [
        Section(
            "A live sync in a pod, by its stages",
            ("stage", "result"),
            rows,
            (
                "Before it, Tilt gathers changes for 0.2 s or more and packs the archive. The exec is the API server's, the "
                "kubelet's and the runtime's; what devkit owns is the rest: noticing (a burst is over after one or two looks 25 ms "
                "apart) and the new process, forked with its libraries imported.",
            ),
        )
    ]


def _save(platform: Deployed, port: int, number: int) -> tuple[float, ...]:
    """Seconds of the stages of one save."""
    began = time.time()
    execute(platform.cluster, platform.namespace, _SERVICE, "true")
    empty = time.time() - began
    text = (platform.root / _MODULE).read_text() + _ROUTE.format(number)
    began = time.time()
    platform.sync(_SERVICE, {f"/app/{_MODULE}": text})
    unpacked = time.time()
    while not _answers(port, number):
        time.sleep(0.01)
    answered = time.time()
    noticed, up = _moments(platform, began)
    return empty, unpacked - began, max(0.0, noticed - unpacked), up - noticed, answered - began


def _answers(port: int, number: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/version", timeout=5)
        return answer.status_code == 200 and answer.json() == number
    except httpx.HTTPError:
        return False


def _moments(platform: Deployed, since: float) -> tuple[float, float]:
    """When devserve acted and when the new process was up, by the pod's log."""
    pod = newest_ready(platform.cluster, platform.namespace, _SERVICE)
    assert pod is not None
    found: dict[str, float] = {}
    for line in logs(platform.cluster, platform.namespace, pod.name, tail=60, timestamps=True):
        stamp, _, text = line.partition(" ")
        moment = datetime.datetime.fromisoformat(f"{stamp[:26].rstrip('Z')}+00:00").timestamp()
        for mark in (_NOTICED, _READY):
            if mark in text and moment >= since:
                found.setdefault(mark, moment)
    return found[_NOTICED], found[_READY]
