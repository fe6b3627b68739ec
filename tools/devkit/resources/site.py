"""What is watched: the platform of an engine, or a Compose project, as a source of readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.choice import active_engine
from devkit.model import Table
from devkit.resources.sources.protocol import Source

__all__ = ["COMPOSE", "SOURCES", "Watched", "watched"]

COMPOSE = "compose"
SOURCES = ("processes", "kubelet", "docker")
_OF_ENGINE = {"local": ("processes",), "tilt": ("kubelet", "docker"), COMPOSE: ("docker",)}


@dataclass(frozen=True)
class Watched:
    """`engine` is local, tilt or compose; `services` are the table's, in its order."""

    engine: str
    source: Source
    services: tuple[str, ...]


def watched(root: Path, table: Table, engine: str | None, source: str | None, project: str | None) -> Watched:
    """The platform that runs, or the one wanted; with a `project` that Compose project's containers.

    Raises DevkitError: exit 2 for options that do not fit, and whatever the engine says when nothing runs.
    """
    if project is not None:
        if engine is not None:
            raise DevkitError("--engine and --compose exclude each other", exit_code=ExitCode.USAGE)
        name = COMPOSE
    else:
        name = active_engine(root, engine).name
    allowed = _OF_ENGINE[name]
    if source is not None and source not in allowed:
        where = "a Compose project" if name == COMPOSE else f"engine {name}"
        raise DevkitError(
            f"there is no source {source!r} for {where}",
            hint=f"it has {' and '.join(allowed)}",
            exit_code=ExitCode.USAGE,
        )
    return _open(root, table, name, source or allowed[0], project)


def _open(root: Path, table: Table, engine: str, source: str, project: str | None) -> Watched:
    services = tuple(table.services)
    if engine == COMPOSE:
        from devkit.resources.sources.docker import COMPOSE as LABELS
        from devkit.resources.sources.docker import DockerSource

        return Watched(engine, DockerSource(LABELS, str(project), services), services)
    if engine == "local":
        from devkit.engines.local.adapter import LocalEngine
        from devkit.resources.sources.processes import ProcessSource

        local = LocalEngine(root)
        local.overview()  # says so when nothing runs, before anything is prepared
        off = {s.name: "runs in Kubernetes only" for s in table.services.values() if s.kubernetes_only}
        return Watched(engine, ProcessSource(lambda: local.overview().units, services, off), services)
    return Watched(engine, _in_cluster(root, services, source), services)


def _in_cluster(root: Path, services: Sequence[str], source: str) -> Source:
    from devkit.engines.tilt.engine import TiltEngine

    tilt = TiltEngine(root)
    off = {unit.name: unit.detail for unit in tilt.overview().units if unit.state.value == "off"}
    if source == "docker":
        from devkit.resources.sources.docker import KUBERNETES, DockerSource

        return DockerSource(KUBERNETES, tilt.namespace, services, off)
    from devkit.resources.sources.kubelet import KubeletSource

    return KubeletSource(tilt.cluster, tilt.namespace, services, off)
