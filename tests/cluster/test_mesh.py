"""`devkit mesh` with real Helm on the cluster: a chart with a mesh's kinds of object, installed, failing, and gone again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from devkit.base.errors import ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import delete_namespace

from tests.cluster.conftest import apply
from tests.support.meshes import CHART, COREFILE, Scene, corefile, repository, small_dns
from tests.support.polling import PATIENCE, looks

RELEASE = "small-mesh"
ROUTE = "smallroutes.mesh.devkit.test"


@pytest.fixture(scope="module")
def dns(cluster: Cluster, service_image: str) -> Iterator[None]:
    if cluster.find("/api/v1/namespaces/kube-system/configmaps/coredns"):
        pytest.skip("needs a cluster without a CoreDNS ConfigMap of its own, which the test would write into")
    with small_dns(cluster, service_image):
        yield


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("helm") is None:
        pytest.skip("needs helm on PATH")
    with repository(tmp_path_factory.mktemp("charts"), versions=("1.0.0", "1.1.0")) as url:
        yield url


@pytest.fixture
def scene(
    tmp_path: Path, dns: None, charts: str, cluster: Cluster, namespace: str, service_image: str
) -> Iterator[Scene]:
    found = Scene(tmp_path, cluster, namespace, service_image)
    found.table(charts)
    yield found
    found.table(charts)
    code, said = found.mesh("uninstall", "--yes")
    assert code == 0, said


def test_installed_used_fixed_and_gone_without_a_trace(scene: Scene, charts: str) -> None:
    before = scene.traces()
    code, said = scene.mesh("install")
    assert (code, "small-mesh-1.0.0 is installed" in said) == (0, True), said
    assert '"mesh": "traefik" in tilt_config.json' in said
    assert "daemonsets small-mesh-proxy" in scene.traces()
    assert f"customresourcedefinitions {ROUTE}" in scene.traces()

    code, said = scene.mesh("status")
    assert code == 0, said
    assert re.search(r"mesh\.release.*small-mesh-1\.0\.0 \(app 0\.1\.0\)", said), said
    assert re.search(r"mesh\.dns.*CoreDNS knows them", said), said

    scene.table("http://127.0.0.1:9/nobody")  # nothing is fetched when everything is as wanted
    code, said = scene.mesh("install")
    assert (code, "as wanted" in said) == (0, True), said

    path = "/api/v1/namespaces/kube-system/configmaps/coredns"
    scene.cluster.patch(path, {"data": {"Corefile": COREFILE}})  # as K3s does when it starts
    code, said = scene.mesh("status")
    assert (code, "does not know the mesh's names" in said) == (ExitCode.CHECK_FAILED, True), said
    code, said = scene.mesh("install")
    assert (code, "has lost the mesh's names" in said) == (0, True), said
    assert "traefik.mesh:53" in corefile(scene.cluster)

    scene.table(charts, version="1.1.0")
    code, said = scene.mesh("status")
    assert "small-mesh-1.0.0 is installed, and the table says 1.1.0" in said
    code, said = scene.mesh("install")
    assert (code, "small-mesh-1.1.0 is upgraded" in said) == (0, True), said

    code, said = scene.mesh("uninstall", "--yes")
    assert code == 0, said
    for line in ("release small-mesh", "ConfigMap kube-system/coredns", ROUTE, "-echo-6d61657368-"):
        assert line in said, said
    assert scene.traces() == before
    assert scene.mesh("uninstall", "--yes") == (0, "devkit: there was nothing to remove\n")
    code, said = scene.mesh("status")
    assert (code, "not installed" in said) == (0, True), said


@pytest.mark.parametrize(
    ("fault", "timeout", "said"),
    [
        ("image", 12, r"image registry\.invalid/no/such:image cannot be pulled"),
        ("crash", 12, r"cannot find a DNS that this mesh knows"),
        ("slow", 8, r"deployment small-mesh-controller: .*readiness probe(.|\n)*more time: --timeout"),
    ],
)
def test_what_fails_is_named_and_taken_back(
    scene: Scene, charts: str, fault: str, timeout: int, said: str
) -> None:
    before = scene.traces()
    scene.table(charts, timeout=timeout, fault=fault)
    code, wrote = scene.mesh("install")
    assert code == ExitCode.CHECK_FAILED, wrote
    assert re.search(said, wrote), wrote
    assert "everything was rolled back" in wrote
    assert scene.traces() == before


def test_ctrl_c_takes_it_back(scene: Scene, charts: str) -> None:
    before = scene.traces()
    scene.table(charts, fault="slow")
    process = scene.start("mesh", "install")
    scene.wait_for("deployments small-mesh-controller")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert scene.traces() == before


def test_a_killed_installation_is_recovered_from(scene: Scene, charts: str) -> None:
    scene.table(charts, fault="slow")
    process = scene.start("mesh", "install")
    scene.wait_for("deployments small-mesh-controller")
    _kill_tree(process.pid)
    process.communicate()
    code, said = scene.mesh("status")
    assert (code, "pending-install" in said) == (ExitCode.CHECK_FAILED, True), said
    scene.table(charts)
    code, said = scene.mesh("install")
    assert code == 0, said
    assert "was left pending-install, and never worked" in said


def test_a_failed_upgrade_goes_back(scene: Scene, charts: str) -> None:
    assert scene.mesh("install")[0] == 0
    scene.table(charts, version="1.1.0", timeout=10, fault="image")
    code, said = scene.mesh("install")
    assert (code, "it is back at revision 1" in said) == (ExitCode.CHECK_FAILED, True), said
    scene.table(charts)
    for _ in looks():  # Helm does not wait for a DaemonSet on one node
        if not (status := scene.mesh("status"))[0]:
            break
    assert (status[0], "small-mesh-1.0.0" in status[1]) == (0, True), status[1]


def test_a_cleanup_that_fails_leaves_nothing_either(scene: Scene, charts: str) -> None:
    before = scene.traces()
    scene.table(charts, fault="cleanup")
    assert scene.mesh("install")[0] == 0
    code, said = scene.mesh("uninstall", "--yes")
    assert code == 0, said
    assert scene.traces() == before


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_is_outside_goes_when_the_namespace_is_gone(
    scene: Scene, cluster: Cluster, by_hand: bool
) -> None:
    before = scene.traces()
    assert scene.mesh("install")[0] == 0
    if by_hand:
        delete_namespace(cluster, scene.namespace, 180)
        code, said = scene.mesh("uninstall", "--yes")
    else:
        code, said = scene.devkit("reset", "--engine", "tilt", "--yes")
        assert f"namespace {scene.namespace} with its data" in said, said
    assert code == 0, said
    assert "ClusterRole small-mesh-controller" in said
    assert corefile(cluster) == COREFILE
    apply(cluster, scene.namespace, {"kind": "Namespace", "metadata": {"name": scene.namespace}})
    assert scene.traces() == before


def test_kinds_in_use_stay_and_are_named(scene: Scene, cluster: Cluster) -> None:
    assert scene.mesh("install")[0] == 0
    routes = f"/apis/mesh.devkit.test/v1/namespaces/{scene.namespace}/smallroutes"
    cluster.create(
        routes, {"apiVersion": "mesh.devkit.test/v1", "kind": "SmallRoute", "metadata": {"name": "mine"}}
    )
    code, said = scene.mesh("uninstall", "--yes")
    assert (code, f"not {ROUTE}: 1 of your objects" in said) == (0, True), said
    code, said = scene.mesh("status")
    assert f"left of a mesh that is gone: {ROUTE}" in said
    cluster.delete(f"{routes}/mine")


def test_a_chart_from_a_file_and_a_repository_that_is_not_there(scene: Scene, charts: str) -> None:
    scene.table("http://127.0.0.1:9/charts")
    code, said = scene.mesh("install")
    assert (code, "--chart FILE" in said) == (ExitCode.CHECK_FAILED, True), said
    scene.table(charts, version="3.0.0")
    code, said = scene.mesh("install")
    assert (code, "does the repository have version 3.0.0?" in said) == (ExitCode.CHECK_FAILED, True), said
    code, said = scene.mesh("install", "--chart", "nowhere.tgz")
    assert (code, "no such file" in said) == (ExitCode.USAGE, True), said
    code, said = scene.mesh("install", "--chart", str(CHART))
    assert (code, "small-mesh-1.0.0 is installed" in said) == (0, True), said


def test_one_at_a_time(scene: Scene, charts: str) -> None:
    scene.table(charts, fault="slow")
    process = scene.start("mesh", "install")
    scene.wait_for("deployments small-mesh-controller")
    code, said = scene.mesh("uninstall", "--yes")
    assert (code, "another `devkit mesh` is running" in said) == (ExitCode.CHECK_FAILED, True), said
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)


def _kill_tree(pid: int) -> None:
    """Devkit and the Helm that it started, at once."""
    tree = [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]
    for each in tree:
        os.kill(each.pid, signal.SIGKILL)
    psutil.wait_procs(tree[:-1], timeout=5)
    time.sleep(0.2)
