"""Installing the mesh: once, whole, or not at all; and what was in the way."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import namespace_exists
from devkit.cluster.restart import restart
from devkit.cluster.wait import wait_until
from devkit.mesh.dns import look_up_dns
from devkit.mesh.helm import Helm, Release
from devkit.mesh.leftovers import CRDS, MANAGED, PART_OF, clean
from devkit.mesh.uninstall import uninstall
from devkit.mesh.wanted import Wanted
from devkit.mesh.watch import Say, Watch, checked, failure
from devkit.mesh.workloads import documents, held_back, workloads
from devkit.model import MeshRelease

__all__ = ["install"]

_PODS = 60.0  # seconds until those that Helm does not wait for are ready
_DNS = 30.0  # seconds until the mesh's controller has written into the DNS


def install(cluster: Cluster, helm: Helm, wanted: Wanted, note: Say, say: Say) -> str:
    """Installs or upgrades, and waits until everything is ready. Returns one line on how it is now.

    `note` gets lines that stay, `say` those that replace each other. Raises DevkitError: exit 1 with what failed and
    why (nothing new is left then), exit 2 when the request makes no sense, exit 5 when the name is another chart's.
    """
    release = wanted.release
    found = helm.release(release.release, release.namespace)
    _refuse_another_chart(found, wanted)
    if found is not None and found.status != "deployed":
        found = _recover(cluster, helm, wanted, found, note)
    if found is not None and _is_as_wanted(cluster, helm, wanted, found):
        if not _names_known(cluster, release):
            _write_names_again(cluster, wanted, found, note, say)
        return f"{found.chart} is installed in {release.namespace}, as wanted"
    try:
        say(f"fetching {wanted.named}")
        _bring_crds(cluster, helm, wanted)
        _make_namespace(cluster, release)
        _run(cluster, helm, wanted, found, say)
    except BaseException:
        if found is None:
            _take_back(cluster, helm, wanted)
        raise
    done = helm.release(release.release, release.namespace)
    _wait_for_pods(cluster, done, say)
    if not _names_known(cluster, release):
        _wait_for_names(cluster, release, say)
    chart = done.chart if done else wanted.named
    return f"{chart} is {'upgraded' if found else 'installed'} in {release.namespace}, and ready"


def _refuse_another_chart(found: Release | None, wanted: Wanted) -> None:
    name = re.sub(r"-\d+\.\d+\.\d+.*", "", found.chart) if found else wanted.release.chart
    if name and name != wanted.release.chart:
        raise DevkitError(
            f"release {wanted.release.release} in {wanted.release.namespace} is of another chart: {name}",
            fix=f"give the mesh another name: `release:` at {wanted.release.place}",
            exit_code=ExitCode.REFUSED,
        )


def _recover(cluster: Cluster, helm: Helm, wanted: Wanted, found: Release, note: Say) -> Release | None:
    """A release that was left half done goes back to its last good state, or away."""
    what = f"release {found.name} was left {found.status}"
    if found.once_deployed is not None:
        note(f"{what}; going back to revision {found.once_deployed}")
        at = [found.name, str(found.once_deployed), "--namespace", found.namespace]
        helm.answer("rollback", *at, "--wait", "--timeout", f"{wanted.timeout}s", seconds=wanted.timeout + 60)
        return helm.release(found.name, found.namespace)
    note(f"{what}, and never worked; removing it")
    uninstall(cluster, helm, wanted.release)
    return None


def _is_as_wanted(cluster: Cluster, helm: Helm, wanted: Wanted, found: Release) -> bool:
    """Then neither the repository is asked nor anything restarted: every `tilt up` comes by here."""
    if wanted.chart is not None or found.chart != wanted.named:
        return False
    if helm.values(found.name, found.namespace) != wanted.read_values():
        return False
    return not held_back(cluster, workloads([found.manifest], found.namespace))


def _make_namespace(cluster: Cluster, release: MeshRelease) -> None:
    if not namespace_exists(cluster, release.namespace):
        labels = {MANAGED: "devkit", PART_OF: release.release} if release.separate_namespace else {}
        cluster.create("/api/v1/namespaces", {"metadata": {"name": release.namespace, "labels": labels}})


def _bring_crds(cluster: Cluster, helm: Helm, wanted: Wanted) -> None:
    """Custom resource definitions are made here and marked, since Helm would not know later that they were its own."""
    wanted.read_values()  # a mistake in the file is told before anything is made
    answer = checked(helm.work(["show", "crds", *wanted.source()], 120, lambda: None), wanted)
    for crd in documents(answer.out):
        name = crd["metadata"]["name"]
        if cluster.find(f"{CRDS}/{name}") is None:
            labels = {**(crd["metadata"].get("labels") or {})}
            labels |= {MANAGED: "devkit", PART_OF: wanted.release.release}
            crd["metadata"]["labels"] = labels
            path = f"/apis/{crd['apiVersion']}/customresourcedefinitions"
            cluster.create(path, crd)


def _run(cluster: Cluster, helm: Helm, wanted: Wanted, found: Release | None, say: Say) -> None:
    release = wanted.release
    watch = Watch(cluster, helm, wanted, say)
    command = ["upgrade", release.release, *wanted.source(), "--install", "--namespace", release.namespace]
    command += ["--skip-crds", helm.atomic, "--wait", "--timeout", f"{wanted.timeout}s", "--reset-values"]
    command += ["--values", str(wanted.values)] if wanted.values else []
    say(f"installing {wanted.named}")
    answer = helm.work(command, wanted.timeout * 2 + 120, watch.look)
    if answer.code:
        raise failure(answer, wanted, watch, found)


def _take_back(cluster: Cluster, helm: Helm, wanted: Wanted) -> None:
    """Whatever a first installation left, whether it failed or was interrupted."""
    left = helm.release(wanted.release.release, wanted.release.namespace)
    if left is not None:
        uninstall(cluster, helm, wanted.release)
    else:
        clean(cluster, wanted.release)


def _wait_for_pods(cluster: Cluster, done: Release | None, say: Say) -> None:
    """For as many as there should be: Helm is content with a DaemonSet that may be unavailable."""
    wanted = workloads([done.manifest], done.namespace) if done else []

    def check() -> str | None:
        return next((f"{each}: {held.why}" for each, held in held_back(cluster, wanted).items()), None)

    wait_until(
        check, _PODS, lambda why: DevkitError(f"installed, but {why}", fix="./devkit mesh status"), say
    )


def _names_known(cluster: Cluster, release: MeshRelease) -> bool:
    """Whether the cluster's DNS leads to this mesh; also true where nobody can tell."""
    dns = look_up_dns(cluster)
    return not dns.configured or release.namespace in dns.namespaces


def _wait_for_names(cluster: Cluster, release: MeshRelease, say: Say) -> None:
    def check() -> str | None:
        return (
            None if _names_known(cluster, release) else "the mesh has not written its names into the DNS yet"
        )

    wait_until(
        check, _DNS, lambda why: DevkitError(f"{why} after {_DNS:.0f} s", fix="./devkit mesh status"), say
    )


def _write_names_again(cluster: Cluster, wanted: Wanted, found: Release, note: Say, say: Say) -> None:
    """A restarted K3s has its own Corefile again; the mesh's controller writes its block when it starts."""
    note(
        "the cluster's DNS has lost the mesh's names (K3s forgets them when it starts); restarting the controller"
    )
    for workload in workloads([found.manifest], found.namespace):
        if workload.kind == "Deployment":
            restart(cluster, workload.namespace, workload.name, progress=say)
    _wait_for_names(cluster, wanted.release, say)
