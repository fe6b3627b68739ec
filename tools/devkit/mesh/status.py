"""How the mesh is, as findings: installed, ready, known to the DNS, used by the services, and nothing left of an old one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from devkit.cluster.client import Cluster
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Report, Result
from devkit.mesh.dns import look_up_dns
from devkit.mesh.helm import Helm, Release
from devkit.mesh.leftovers import devkit_crds
from devkit.mesh.workloads import held_back, workloads
from devkit.model import MeshRelease, Table
from devkit.render.mesh import mesh_marks

__all__ = ["mesh_report"]

_INSTALL = "./devkit mesh install"


@dataclass(frozen=True)
class _Seen:
    check: str
    about: str
    detail: str
    problem: str = ""
    fix: str = ""
    severity: Severity = Severity.ERROR
    skipped: bool = False


def mesh_report(cluster: Cluster, helm: Helm, table: Table, name: str) -> Report:
    """The mesh called `name`, which the table installs. `table.mesh` is what tilt_config.json chose.

    Raises ValueError for one that Helm does not install.
    """
    release = table.meshes[name]
    if release is None:
        raise ValueError(f"{name} is not installed by Helm")
    began = time.monotonic()
    seen = list(_look(cluster, helm, table, name, release))
    findings = [
        Finding(each.check, each.severity, each.problem, release.place, each.fix)
        for each in seen
        if each.problem
    ]
    checks = tuple(
        Checked(each.check, each.about, _result(each), each.problem or each.detail) for each in seen
    )
    return Report("mesh", tuple(findings), checks, engine="tilt", seconds=time.monotonic() - began)


def _result(seen: _Seen) -> Result:
    if seen.skipped:
        return Result.SKIPPED
    if not seen.problem:
        return Result.OK
    return Result.FAILED if seen.severity is Severity.ERROR else Result.WARNED


def _look(cluster: Cluster, helm: Helm, table: Table, name: str, release: MeshRelease) -> Iterator[_Seen]:
    found = helm.release(release.release, release.namespace)
    yield _release(found, release, chosen=table.mesh == name)
    yield _dns(cluster, release, installed=found is not None)
    if found is None:
        yield _remains(cluster, release)
        return
    yield _pods(cluster, found)
    yield _services(cluster, table, name)


def _release(found: Release | None, release: MeshRelease, *, chosen: bool) -> _Seen:
    check, about = "mesh.release", "Helm's release"
    if found is None:
        if chosen:
            return _Seen(
                check, about, "", "tilt_config.json chooses the mesh, and it is not installed", _INSTALL
            )
        return _Seen(check, about, "not installed", skipped=True)
    detail = f"{found.chart} (app {found.app_version}) in {found.namespace}, revision {found.revision}"
    if found.status != "deployed":
        said = f"{found.chart} is {found.status}: {found.description}"
        return _Seen(check, about, detail, said, f"{_INSTALL} goes on from there")
    if found.chart != f"{release.chart}-{release.version}":
        said = f"{found.chart} is installed, and the table says {release.version}"
        return _Seen(check, about, detail, said, _INSTALL, Severity.WARNING)
    return _Seen(check, about, detail)


def _pods(cluster: Cluster, found: Release) -> _Seen:
    check, about = "mesh.ready", "its pods"
    wanted = workloads([found.manifest], found.namespace)
    waiting = held_back(cluster, wanted)
    if not waiting:
        return _Seen(check, about, ", ".join(map(str, wanted)))
    workload, held = next(iter(waiting.items()))
    fix = f"kubectl -n {workload.namespace} describe {workload.kind.lower()} {workload.name}"
    return _Seen(check, about, "", f"{workload} is not ready: {held.why}", fix)


def _dns(cluster: Cluster, release: MeshRelease, *, installed: bool) -> _Seen:
    check, about = "mesh.dns", "the names *.traefik.mesh"
    dns = look_up_dns(cluster)
    ours = release.namespace in dns.namespaces
    others = ", ".join(sorted(dns.namespaces - {release.namespace}))
    if not dns.configured:
        said = "this cluster has no ConfigMap kube-system/coredns to look into"
        return _Seen(check, about, said, skipped=True)
    if installed and not ours:
        said = "the cluster's DNS does not know the mesh's names (K3s forgets them when it starts)"
        return _Seen(check, about, "", said + (f"; it knows those of {others}" if others else ""), _INSTALL)
    if ours and not installed:
        said = "the cluster's DNS still points to a mesh that is gone"
        return _Seen(check, about, "", said, "./devkit mesh uninstall", Severity.WARNING)
    if others:
        said = f"another mesh, in {others}, answers for the same names"
        return _Seen(check, about, "", said, "uninstall one of the two", Severity.WARNING)
    return _Seen(check, about, "CoreDNS knows them" if ours else "CoreDNS is as it was")


def _services(cluster: Cluster, table: Table, name: str) -> _Seen:
    check, about = "mesh.services", "services in the mesh"
    wanted = {s.name: mesh_marks(table, s) for s in table.services.values() if s.mesh is not None}
    if table.mesh != name:
        said = "none calls through it"
        fix = f'"mesh": "{name}" in tilt_config.json'
        return _Seen(check, about, "", f"the mesh is installed, and {said}", fix, Severity.NOTE)
    found = cluster.find(f"/api/v1/namespaces/{table.namespace}/services") or {}
    there = {
        item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in found.get("items", [])
    }
    late = [
        service
        for service, marks in wanted.items()
        if service in there and not marks.service_annotations.items() <= there[service].items()
    ]
    if late:
        said = f"{', '.join(late)}: not marked for the mesh as the table says"
        return _Seen(check, about, "", said, "tilt up applies it", Severity.WARNING)
    running = [service for service in wanted if service in there]
    return _Seen(check, about, ", ".join(running) or "the platform does not run", skipped=not running)


def _remains(cluster: Cluster, release: MeshRelease) -> _Seen:
    check, about = "mesh.leftovers", "nothing left of an old one"
    crds = [crd["metadata"]["name"] for crd in devkit_crds(cluster, release)]
    if crds:
        said = f"left of a mesh that is gone: {', '.join(crds)}"
        return _Seen(check, about, "", said, "./devkit mesh uninstall", Severity.WARNING)
    return _Seen(check, about, "nothing")
