"""One archive for a bug report: what doctor found, versions, the table, the last logs; no secret in any of it."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from devkit import __version__
from devkit.base.errors import DevkitError
from devkit.base.files import replace_file
from devkit.base.paths import state_dir, table_file
from devkit.base.schedule import Job, run_jobs
from devkit.checks import Problem, Problems
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.pods import list_pods, logs
from devkit.cluster.secret import secret_values
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.doctor.recorded import FACTS, written
from devkit.findings.formats import render_json
from devkit.findings.report import Report
from devkit.findings.table import render_table
from devkit.render.names import SECRET_NAME
from devkit.secrets.known import clone_redactor
from devkit.table.load import load_table
from devkit.table.overrides import CONFIG_FILE

__all__ = ["Bundle", "write_bundle"]

_LINES = 500
_DEADLINE = 10.0
# Variables whose values are shown; of all others only the names are.
_SHOWN = (
    "PATH", "SHELL", "TERM", "LANG", "LC_ALL", "KUBECONFIG", "DOCKER_HOST", "DOCKER_CONTEXT", "NO_PROXY", "no_proxy",
    "WSL_DISTRO_NAME", "VIRTUAL_ENV", "PYTHONPATH", "NODE_ENV", "CI", "DEVKIT_ALLOW_CONTEXT",
)  # fmt: skip
_PROGRAMS = {
    "git": ("--version",),
    "docker": ("version", "--format", "client {{.Client.Version}}, API {{.Client.APIVersion}}"),
    "kubectl": ("version", "--client"),
    "tilt": ("version",),
    "helm": ("version", "--short"),
    "node": ("--version",),
    "rdctl": ("version",),
}
_Files = dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """Where the archive is, and the names of the files in it."""

    path: Path
    names: tuple[str, ...]


def write_bundle(machine: Machine, report: Report) -> Bundle:
    """Gathers and writes the archive, under .devkit/. What cannot be had within 10 s is left out, and said so in it."""
    parts: dict[str, Callable[[Machine], _Files]] = {
        "versions": _versions, "clone": _clone, "logs": _local_logs, "cluster": _cluster,
    }  # fmt: skip
    jobs = [
        Job[_Files](name, partial(_gathered, machine, name, part), _DEADLINE) for name, part in parts.items()
    ]

    def late(job: Job[_Files]) -> _Files:
        return {f"{job.name}-missing.txt": f"not within {job.deadline:g} s\n"}

    files: _Files = {
        "report.txt": render_table(report, verbose=True) + "\n",
        "report.json": render_json(report) + "\n",
    }
    for gathered in run_jobs(jobs, late=late, ended=lambda *_: None).values():
        files |= gathered
    found, _ = load_table(table_file(machine.root))
    clean = clone_redactor(machine.root, found, machine.environ.whole(), _cluster_secrets(machine))
    home = str(machine.home)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            FACTS, written(machine, clean)
        )  # clean, and JSON: text is not replaced in it any more
        for name, text in sorted(files.items()):
            safe = clean(text)
            archive.writestr(clean(name), safe.replace(home, "~") if len(home) > 1 else safe)
    path = _place(machine) / f"doctor-{datetime.now():%Y%m%d-%H%M%S}.zip"
    replace_file(path, content.getvalue(), mode=0o600)
    return Bundle(path, tuple(sorted({*files, FACTS})))


def _place(machine: Machine) -> Path:
    """Git ignores it, so that it is not committed by mistake."""
    return state_dir(machine.root) / "bundles"


def _gathered(
    machine: Machine, name: str, part: Callable[[Machine], _Files], _: Mapping[str, _Files]
) -> _Files:
    try:
        return part(machine)
    except (DevkitError, Problem, Problems, OSError, ValueError, KeyError) as problem:
        return {f"{name}-missing.txt": f"{problem}\n"}


def _versions(machine: Machine) -> _Files:
    lines = [f"devkit {__version__}", f"Python {sys.version}", f"platform {machine.platform}, {_system()}"]
    lines += [f"{name}: {_said(machine, name, *arguments)}" for name, arguments in _PROGRAMS.items()]
    environ = machine.environ.whole()
    names = sorted(environ)
    shown = [f"{name}={environ[name]}" for name in _SHOWN if name in environ]
    return {
        "versions.txt": "\n".join(lines) + "\n",
        "environment.txt": "\n".join([*shown, "", "set too: " + " ".join(names)]) + "\n",
    }


def _system() -> str:
    import platform

    return platform.platform()


def _said(machine: Machine, name: str, *arguments: str) -> str:
    if machine.program(name) is None:
        return "not on PATH"
    try:
        answer = machine.ask(name, *arguments)
    except Problem as problem:
        return problem.message
    return answer.out.strip() or answer.last_line


def _clone(machine: Machine) -> _Files:
    files = {}
    for path in (table_file(machine.root), machine.root / CONFIG_FILE):
        if path.is_file():
            files[path.relative_to(machine.root).as_posix()] = path.read_text("utf-8", "replace")
    files["git.txt"] = "\n\n".join(
        _said(machine, "git", *arguments)
        for arguments in (("log", "-1", "--format=%H %cI"), ("status", "--short", "--branch"))
    )
    return files


def _local_logs(machine: Machine) -> _Files:
    folder = machine.root / ".devkit" / "logs"
    return {f"logs/{path.name}": _tail(path) for path in sorted(folder.glob("*.log"))}


def _tail(path: Path) -> str:
    lines = path.read_text("utf-8", "replace").splitlines()[-_LINES:]
    return "\n".join(lines) + "\n"


def _cluster(machine: Machine) -> _Files:
    namespace = machine.fact(table).namespace
    cluster = _connected(machine)
    files = {"cluster/pods.txt": "", "cluster/events.txt": ""}
    for pod in list_pods(cluster, namespace):
        state = "ready" if pod.ready else pod.reason or pod.phase
        files["cluster/pods.txt"] += f"{pod.name}  {state}  {pod.restarts} restarts  created {pod.created}\n"
        files[f"cluster/logs/{pod.name}.log"] = "\n".join(_pod_log(cluster, namespace, pod.name)) + "\n"
    for event in cluster.get(f"/api/v1/namespaces/{namespace}/events").get("items", []):
        about = event.get("involvedObject", {})
        files["cluster/events.txt"] += (
            f"{event.get('lastTimestamp')}  {event.get('type')}  {about.get('kind')}/{about.get('name')}  "
            f"{event.get('reason')}: {event.get('message')}\n"
        )
    return files


def _pod_log(cluster: Cluster, namespace: str, pod: str) -> Iterator[str]:
    try:
        yield from logs(cluster, namespace, pod, tail=_LINES)
    except DevkitError as problem:
        yield problem.message


def _connected(machine: Machine) -> Cluster:
    return connect_local(machine.fact(table).allow_contexts, machine.environ.whole())


def _cluster_secrets(machine: Machine) -> set[str]:
    """What the pods run with may differ from the file here."""
    try:
        found = secret_values(_connected(machine), machine.fact(table).namespace, SECRET_NAME)
    except (DevkitError, Problem, Problems, OSError):
        return set()
    return {value for value in (found or {}).values() if value.strip()}
