"""Save a service's file → the new code answers, against bare `uvicorn --reload` on the same file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from bench.clone import Clone, clone
from bench.report import Section, median, spread
from bench.versions import PORT, SERVICE, add_route, answers, save

__all__ = ["measure"]

RUNS = 8


def measure() -> list[Section]:
    """One section. Both run at once on the same database, each on its own copy of the file, and take turns."""
    with clone() as ours, clone() as bare:
        for made in (ours, bare):
            add_route(made)
        ours.up(SERVICE)
        time.sleep(8)  # until the shared modules are learned, as in the second minute of any working day
        environment = _environment(ours)
        with _uvicorn(bare, environment) as port:
            answers(port, 0)
            answers(PORT + ours.offset, 0)
            took: dict[str, list[float]] = {"devkit": [], "bare": []}
            for version in range(1, RUNS + 1):
                took["devkit"].append(save(ours, PORT + ours.offset, version))
                took["bare"].append(save(bare, port, version))
    ratio = median(took["devkit"]) / median(took["bare"])
    return [
        Section(
            "Reload: save a service's file until the new code answers",
            ("measure", "result"),
            (
                ("devkit", spread(took["devkit"])),
                ("bare `uvicorn --reload`", spread(took["bare"])),
                ("**ratio** (goal: at most 1.15)", f"{ratio:.2f}"),
            ),
            (
                "Where the bare one spends it: watchfiles gathers changes for up to 0.4 s, the old process must end "
                "before the new one is spawned, and the new one imports everything again. devkit's watcher acts after "
                "10 ms of silence, the new process is forked with the libraries already imported while the old one "
                "still finishes its requests, and the listening socket outlives both, so no request is refused.",
            ),
        )
    ]


def _environment(made: Clone) -> dict[str, str]:
    """What the service needs, as devkit gives it."""
    secrets = yaml.safe_load((made.root / "k8s" / "dev" / "secret.yaml").read_text())["stringData"]
    return {
        "PATH": os.environ["PATH"], "NODE_ENV": "development", "BREAKPOINT_SECONDS": "0", "LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "INTERNAL_API_KEY": secrets["INTERNAL_API_KEY"],
        "DATABASE_URL": f"postgresql://forma3d:{secrets['POSTGRES_PASSWORD']}@127.0.0.1:{5432 + made.offset}/forma3d",
        "REDIS_URL": f"redis://127.0.0.1:{6379 + made.offset}",
    }  # fmt: skip


@contextmanager
def _uvicorn(made: Clone, environment: dict[str, str]) -> Iterator[int]:
    port = PORT + made.offset + 77
    folder = made.root / "apps" / SERVICE / "src"
    command = [
        sys.executable, "-m", "uvicorn", f"{SERVICE.replace('-', '_')}.main:app", "--port", str(port), "--reload",
        "--reload-dir", str(folder), "--log-level", "error",
    ]  # fmt: skip
    path = os.pathsep.join([str(folder), str(made.root / "libs")])
    process = subprocess.Popen(
        command, cwd=made.root, env=environment | {"PYTHONPATH": path, "APP_PORT": str(port)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
