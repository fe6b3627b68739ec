"""The platform in a local cluster, as commands see it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.namespace import delete_namespace, namespace_exists
from devkit.cluster.ownership import require_ours
from devkit.cluster.pods import Pod, list_pods
from devkit.cluster.restart import restart
from devkit.engines.events import State, Status
from devkit.engines.names import named
from devkit.engines.protocol import Overview, Pods, Processes, UpRequest
from devkit.engines.tilt import session
from devkit.engines.tilt.debug import attached_debuggers, signal_service
from devkit.engines.tilt.follow import show_pod_logs
from devkit.engines.tilt.program import Resource, find_tilt, last_lines, page_port, resources, runs_here
from devkit.mesh.leftovers import clean
from devkit.model import Service
from devkit.render.adjust import adjust
from devkit.table.load import read_table
from devkit.table.overrides import groups, parse_overrides, read_config

if TYPE_CHECKING:
    from devkit.database.target import DatabaseTarget
    from devkit.engines.site import Site
    from devkit.engines.target import WebhookTarget

__all__ = ["TiltEngine"]


class TiltEngine:
    """Pods in the table's namespace. Every call goes through the guard first."""

    name = "tilt"
    reset_question = "Delete the platform's namespace in the local cluster with all its data?"

    def __init__(self, root: Path) -> None:
        self._root = root
        table = read_table(table_file(root))
        self._adjusted = adjust(table, parse_overrides(table, *read_config(root)))

    @cached_property
    def cluster(self) -> Cluster:
        """The guarded cluster, in which the namespace is this clone's. Raises DevkitError (exit 5) otherwise."""
        cluster = connect_local(self._adjusted.table.allow_contexts)
        require_ours(self._root, cluster, self.namespace)
        return cluster

    @property
    def namespace(self) -> str:
        """Where the platform's objects are."""
        return self._adjusted.table.namespace

    def up(self, wanted: UpRequest, preflight: Callable[[], None]) -> int:
        from devkit.engines.tilt.start import up

        preflight()
        return up(self._root, wanted)

    def overview(self, *, examine: bool = True) -> Overview:
        if not namespace_exists(self.cluster, self.namespace):
            raise DevkitError(f"namespace {self.namespace} is not there", fix="./devkit up starts it")
        told = {one.name: one for one in resources()} if runs_here(self._root) else {}
        pods = list_pods(self.cluster, self.namespace)
        units = [
            self._status(service, [pod for pod in pods if pod.app == service.name], told.get(service.name))
            for service in self._adjusted.table.services.values()
        ]
        running = [
            s
            for s in self._adjusted.table.services.values()
            if s.debug_port and s.type.container.devserve and s.name in self._adjusted.running
        ]
        debuggers = attached_debuggers(self.cluster, self.namespace, running if examine else [])
        for unit in units:
            unit.debugger = debuggers.get(unit.name, "")
        units += [
            _step(one)
            for name, one in told.items()
            if name not in self._adjusted.table.services and (one.failed or name not in _TILTS_OWN)
        ]
        where = f"Tilt's UI: http://localhost:{page_port()}" if told else _NO_TILT
        return Overview(units, {"context": self.cluster.context.name, "namespace": self.namespace}, (where,))

    def _status(self, service: Service, pods: list[Pod], told: Resource | None) -> Status:
        offset = self._adjusted.table.port_offset
        # Tilt may have been started with another offset than the settings name.
        forwards = told.forwards if told else {}
        port = forwards.get(service.type.container.port_name, service.port + offset)
        debug = forwards.get("debug", service.debug_port + offset) if service.debug_port else None
        status = Status(service.name, service.type.name, port=port, debug_port=debug, group=service.group)
        status.restarts = sum(pod.restarts for pod in pods)
        live = [pod for pod in pods if not pod.terminating]
        if service.name not in self._adjusted.running:
            status.state, status.detail = State.OFF, "switched off in tilt_config.json"
        elif told is not None and told.failed and told.problem:
            status.state, status.detail = State.CRASHED, told.problem
        elif any(pod.ready for pod in live):
            status.state = State.READY
        elif live:
            status.state, status.detail = _pod_state(live[0]), live[0].reason
        else:
            status.state = State.WAITING if told else State.STOPPED
            status.detail = told.problem if told else ""
        return status

    def logs(self, services: Sequence[str], *, follow: bool, lines: int) -> None:
        strangers = [name for name in services if name not in self._adjusted.running]
        steps = [name for name in self._steps() if name in strangers] if strangers else []
        for step in steps:
            for line in last_lines(step, lines):
                emit(line)
        if not services or len(services) > len(steps):
            names = self._named([name for name in services if name not in steps])
            show_pod_logs(self.cluster, self.namespace, names, follow=follow, lines=lines)

    def view(self, *, owned: bool) -> int:  # noqa: ARG002 - Tilt's own `up` has a screen of its own
        if not runs_here(self._root):
            raise DevkitError(_NO_TILT, fix="./devkit up")
        raise DevkitError(
            "on Kubernetes Tilt shows what runs", fix=f"open http://localhost:{page_port()}",
            exit_code=ExitCode.USAGE,
        )  # fmt: skip

    def _steps(self) -> list[str]:
        """What Tilt runs beside the services: it has no pod, but a log."""
        if not runs_here(self._root):
            return []
        return [one.name for one in resources() if one.name not in self._adjusted.table.services]

    def _named(self, services: Sequence[str]) -> list[str]:
        """The running services of these names or groups; all of them without any."""
        table = self._adjusted.table
        names = [name for name in table.services if name in self._adjusted.running]
        return named(services, names, groups(table), running=True) if services else names

    def restart(self, services: Sequence[str]) -> str:
        names = self._named(services)
        for name in names:
            restart(self.cluster, self.namespace, name, progress=lambda what: say(f"devkit: {what}"))
        return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} ready again"

    def stop(self, services: Sequence[str]) -> str:
        names = self._named(services)
        raise DevkitError(
            f"on Kubernetes {', '.join(names)} cannot be stopped alone",
            fix=f"disable {'it' if len(names) == 1 else 'them'} in Tilt's UI, or `tilt disable {' '.join(names)}`; ./devkit down stops everything",
            exit_code=ExitCode.USAGE,
        )

    def debug(self, service: str, *, wait: bool) -> None:
        (name,) = self._named([service])
        found = self._adjusted.table.services[name]
        if not found.debug_port:
            raise DevkitError(f"{name} has no debug port", fix="./devkit debug --status")
        if not found.type.container.debug_signals:
            raise DevkitError(
                f"on Kubernetes a service of type {found.type.name} cannot wait for a debugger",
                fix=f"attach to it at any time on 127.0.0.1:{found.debug_port}; ./devkit up --engine local can wait",
                exit_code=ExitCode.USAGE,
            )
        signal_service(self.cluster, self.namespace, name, "USR1" if wait else "USR2")

    def down(self) -> bool:
        """As `tilt down`: everything goes but the namespace and the database's volume.

        Raises DevkitError with what holds it up, exit 3 without Tilt.
        """
        there = namespace_exists(self.cluster, self.namespace)
        stopped = session.stop(self._root)
        if there and find_tilt():
            say("devkit: tilt down")
            try:
                done = subprocess.run(
                    [str(find_tilt()), "down"], cwd=self._root, stdin=subprocess.DEVNULL, timeout=_DOWN
                )
            except subprocess.TimeoutExpired:
                raise DevkitError(
                    f"tilt down has not ended after {_DOWN:g} s; what it wrote is above",
                    fix="./devkit reset deletes the namespace, data included, and says what holds it",
                ) from None
            if done.returncode:
                raise DevkitError("tilt down failed; its output is above")
        elif there:
            raise DevkitError(
                "tilt is not installed, so its objects cannot be removed",
                fix="./devkit reset deletes the namespace, data included", exit_code=ExitCode.TOOL_MISSING,
            )  # fmt: skip
        return stopped or there

    def reset(self) -> list[str]:
        cluster = self.cluster  # the guard speaks before anything is stopped
        session.stop(self._root)
        there = delete_namespace(cluster, self.namespace, progress=lambda what: say(f"devkit: {what}"))
        gone = [f"namespace {self.namespace} with its data"] if there else []
        for release in self._adjusted.table.meshes.values():
            if release is not None and not release.separate_namespace:
                gone += clean(cluster, release)  # what the mesh has outside its namespace
        return gone

    def database(self) -> AbstractContextManager[DatabaseTarget]:
        from devkit.engines.tilt.database import cluster_database

        return cluster_database(self._root)

    def has_database(self) -> bool:
        """A namespace alone, as `tilt down` leaves it, has none."""
        from devkit.engines.tilt.database import has_database

        return has_database(self._root)

    def webhook_target(self, provider: str) -> AbstractContextManager[WebhookTarget]:
        from devkit.engines.tilt.target import cluster_webhook_target

        return cluster_webhook_target(self._root, provider)

    def site(self) -> Site:
        from devkit.engines.tilt.site import tilt_site

        return tilt_site(self._root)

    def units_are(self) -> Processes | Pods:
        return Pods(self.cluster, self.namespace)


# Seconds for `tilt down`, which waits for every object to go.
_DOWN = 300.0
# Worth a line only when they fail.
_TILTS_OWN = ("(Tiltfile)", "uncategorized")
_NO_TILT = "Tilt does not run: nothing is forwarded or synced (./devkit up)"


def _pod_state(pod: Pod) -> State:
    if any(word in pod.reason for word in ("CrashLoop", "Err", "BackOff", "exit")):
        return State.CRASHED
    return State.STARTING if pod.phase in ("Pending", "Running") else State.STOPPED


def _step(one: Resource) -> Status:
    """What Tilt runs beside the services: the Tiltfile itself, migrations, the stub."""
    if one.failed:
        return Status(one.name, "step", State.CRASHED, detail=one.problem)
    if one.by_hand and one.update == "none":
        return Status(one.name, "step", State.OFF, detail="starts by hand, in Tilt's UI")
    if one.settled:
        # What goes on, as the stub or the tunnel does, is not done.
        return Status(one.name, "step", State.READY if one.runtime == "ok" else State.DONE)
    return Status(one.name, "step", State.WAITING, detail=one.problem)
