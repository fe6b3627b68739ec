"""What `generate --check` and `plan` cost for 10 to 10,000 services, beside `helm template` of the same objects."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from devkit.table.rules.ports import RESERVED_PORTS

from bench.clone import ROOT
from bench.report import Section, median

__all__ = ["measure", "write_repository"]

SIZES = (10, 100, 1_000, 10_000)
RUNS = 5  # of the smaller ones; the largest runs once

_HEAD = """\
version: 1
name: many
namespace: many-dev
image_prefix: many
shared: []
services:
"""
_SERVICE = """\
  service-{number:05}:
    type: python
    about: Number {number}.
    port: {port}
    debug_port: {debug}
    probes: {{live: /live, ready: /ready}}
    calls: [{calls}]
    resources:
      requests: {{cpu: 50m, memory: 64Mi}}
      limits: {{cpu: 100m, memory: 128Mi}}
"""


def measure() -> list[Section]:
    """One section: processor seconds of the two commands and of helm, and how they grow."""
    took: dict[tuple[str, int], float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="devkit-bench-") as folder:
            root = Path(folder)
            write_repository(root, size)
            for name, command in _commands(root).items():
                runs = [_cpu(command, root) for _ in range(1 if size == SIZES[-1] else RUNS)]
                took[name, size] = median(runs)
    names = list(dict.fromkeys(name for name, _ in took))
    rows = [
        [f"{size:,}", *(f"{took[name, size]:.2f} s" for name in names), *_ratios(took, names, size)]
        for size in SIZES
    ]
    header = ["services", *(f"`{name}`" for name in names)]
    if "helm template" in names:
        header += [f"`{name}` ÷ helm" for name in names if name != "helm template"]
    notes = [
        "Processor seconds, Python's start included (about 0.1 s). The goal: at most three times helm's at 1,000."
    ]
    if "helm template" not in names:
        notes.append("No helm on PATH: not compared.")
    return [Section("Many services: one table, its manifests", header, rows, notes)]


def write_repository(root: Path, size: int) -> None:
    """A repository with a table of `size` services, rendered, and a chart of the Deployments and Services it renders."""
    (root / "dev").mkdir(parents=True)
    rows = []
    ports = (port for port in range(2_000, 65_536) if port not in RESERVED_PORTS)
    for number in range(size):
        calls = f"service-{number - 1:05}" if number % 10 else ""  # chains of ten
        rows.append(_SERVICE.format(number=number, port=next(ports), debug=next(ports), calls=calls))
        source = root / "apps" / f"service-{number:05}" / "src" / f"service_{number:05}"
        source.mkdir(parents=True)
        (source / "main.py").touch()
    (root / "dev" / "services.yaml").write_text(_HEAD + "".join(rows))
    subprocess.run(
        [sys.executable, "-E", "-s", str(ROOT / "tools"), "generate"], cwd=root, env=_environment(root), check=True,
        capture_output=True,
    )  # fmt: skip
    chart = root / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 1.0.0\n")
    for file in sorted((root / "k8s" / "dev").rglob("*.yaml")):
        kinds = {each["kind"] for each in yaml.load_all(file.read_text(), yaml.CSafeLoader) if each}
        if kinds <= {"Deployment", "Service"}:
            shutil.copy(file, chart / "templates" / file.relative_to(root).as_posix().replace("/", "-"))


def _commands(root: Path) -> dict[str, list[str]]:
    devkit = [sys.executable, "-E", "-s", str(ROOT / "tools")]
    found = {"generate --check": [*devkit, "generate", "--check"], "plan": [*devkit, "plan"]}
    if helm := shutil.which("helm"):
        found["helm template"] = [helm, "template", str(root / "chart")]
    return found


def _environment(root: Path) -> dict[str, str]:
    return os.environ | {"DEVKIT_ROOT": str(root)}


def _cpu(command: list[str], root: Path) -> float:
    """Seconds of processor time, of all processes it starts."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=root, env=_environment(root), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{command[-2:]} {time.perf_counter() - started:.2f} s", file=sys.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ratios(took: dict[tuple[str, int], float], names: list[str], size: int) -> list[str]:
    if "helm template" not in names:
        return []
    return [
        f"{took[name, size] / took['helm template', size]:.2f}" for name in names if name != "helm template"
    ]
