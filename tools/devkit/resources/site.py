"""What is watched: the platform of an engine, or a Compose project, as a source of readings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.choice import active_engine
from devkit.engines.events import State
from devkit.engines.protocol import Engine, Pods, Processes
from devkit.model import Table
from devkit.resources.sources.protocol import Source

__all__ = ["COMPOSE", "Watched", "watched"]

COMPOSE = "compose"
# What can read each kind of unit, the best first.
_OF_UNITS: dict[type, tuple[str, ...]] = {Processes: ("processes",), Pods: ("kubelet", "docker")}


@dataclass(frozen=True)
class Watched:
    """`engine` is an engine's name, or compose; `services` are the table's, in its order."""

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
        return _compose(table, source, project)
    chosen = active_engine(root, engine)
    units = chosen.units_are()
    wanted = _allowed(source, _OF_UNITS[type(units)], f"engine {chosen.name}")
    return Watched(chosen.name, _open(chosen, units, table, wanted), tuple(table.services))


def _allowed(source: str | None, known: tuple[str, ...], where: str) -> str:
    if source is not None and source not in known:
        raise DevkitError(
            f"there is no source {source!r} for {where}",
            fix=f"it has {' and '.join(known)}",
            exit_code=ExitCode.USAGE,
        )
    return source or known[0]


def _compose(table: Table, source: str | None, project: str) -> Watched:
    from devkit.resources.sources.docker import COMPOSE as LABELS
    from devkit.resources.sources.docker import DockerSource

    _allowed(source, ("docker",), "a Compose project")
    services = tuple(table.services)
    return Watched(COMPOSE, DockerSource(LABELS, project, services), services)


def _open(engine: Engine, units: Processes | Pods, table: Table, source: str) -> Source:
    seen = engine.overview().units  # says so when nothing runs, before anything is prepared
    services = tuple(table.services)
    off = {unit.name: unit.detail for unit in seen if unit.state is State.OFF}
    if isinstance(units, Processes):
        from devkit.resources.sources.processes import ProcessSource

        off = {s.name: "runs in Kubernetes only" for s in table.services.values() if s.kubernetes_only}
        return ProcessSource(lambda: engine.overview().units, services, off)
    if source == "docker":
        from devkit.resources.sources.docker import KUBERNETES, DockerSource

        return DockerSource(KUBERNETES, units.namespace, services, off)
    from devkit.resources.sources.kubelet import KubeletSource

    return KubeletSource(units.cluster, units.namespace, services, off)
