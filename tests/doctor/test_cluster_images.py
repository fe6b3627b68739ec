"""doctor's check `cluster.images`: whether an image that is built here can run there."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from devkit.checks import Outcome
from devkit.findings.model import Severity

from tests.support.answers import on_port, on_socket
from tests.support.api_server import NAME, cluster, items, node, state
from tests.support.machine import Workplace, only_problem


def docker(**changed: Any) -> dict[str, Any]:
    said = {
        "ID": "x",
        "Name": "node",
        "KernelVersion": platform.release(),
        "ServerVersion": "28.2.2",
        **changed,
    }
    return {
        "/version": {"ApiVersion": "1.50", "Version": said["ServerVersion"], "Arch": "amd64"},
        "/info": said,
    }


def images(workplace: Workplace, changed: Mapping[str, Any], name: str = NAME, **about: Any) -> Outcome:
    with on_socket(docker(**about)) as path:
        workplace.environ["DOCKER_HOST"] = f"unix://{path}"
        with cluster(workplace, state(**changed), name):
            return workplace.run("cluster.images")


def test_images_have_no_way(workplace: Workplace) -> None:
    problem = only_problem(images(workplace, {}))
    assert "the node runs containers with containerd" in problem.message
    assert "names no local registry" in problem.message
    assert problem.severity is Severity.ERROR
    workplace.in_clone("tilt_config.json", {"services": ["redis"]})
    assert images(workplace, {}).skipped == "no enabled service is built here"


def test_images_for_another_processor(workplace: Workplace) -> None:
    other = node()
    other["status"]["nodeInfo"]["architecture"] = "riscv64"
    problem = only_problem(images(workplace, {"/api/v1/nodes": items(other)}))
    assert "the cluster runs on riscv64" in problem.message


def test_images_of_rancher_desktop_with_containerd(workplace: Workplace) -> None:
    """rancher.engine says it; this check only points there."""
    engine = {"containerEngine": {"name": "containerd"}, "kubernetes": {"enabled": True}}
    workplace.write(".config/rancher-desktop/settings.json", engine)
    assert images(workplace, {}, "rancher-desktop").skipped == "not checked because rancher.engine failed"


def test_images_of_kind(workplace: Workplace) -> None:
    assert "kind is not on PATH" in only_problem(images(workplace, {}, "kind-dev")).message
    workplace.answers("kind", {"version": "kind v0.29.0 go1.24.2 linux/amd64\n"})
    assert images(workplace, {}, "kind-dev").seen == "kind loads it into the node"


def hosting(port: int) -> dict[str, Any]:
    text = f'host: "127.0.0.1:{port}"\nhelp: "https://kind.sigs.k8s.io/docs/user/local-registry/"\n'
    path = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
    return {path: {"data": {"localRegistryHosting.v1": text}}}


def test_images_through_a_registry(workplace: Workplace) -> None:
    with on_port({"/v2/": {}}) as port:
        assert images(workplace, hosting(port)).seen == f"through the registry 127.0.0.1:{port}"
        with on_port({}) as other:
            assert "is not a registry" in only_problem(images(workplace, hosting(other))).message
    assert "nothing listens there" in only_problem(images(workplace, hosting(port))).message


def test_images_that_docker_shares(workplace: Workplace) -> None:
    """Docker and the node are the same when both describe themselves alike."""
    shared = {"/api/v1/nodes": items(node(runtime="docker://28.2.2"))}
    with on_socket(docker()) as path:
        own = path.parent / ".orbstack" / "run"
        own.mkdir(parents=True)
        (own / "docker.sock").symlink_to(path)
        workplace.environ["DOCKER_HOST"] = f"unix://{own}/docker.sock"
        with cluster(workplace, state(**shared), "orbstack"):
            assert workplace.run("cluster.images").seen == "the node runs what node has"
        with cluster(
            workplace, state(**{"/api/v1/nodes": items(node(runtime="docker://27.5.1"))}), "orbstack"
        ):
            problem = only_problem(workplace.run("cluster.images"))
            assert "with Docker 27.5.1" in problem.message
            assert "is Docker 28.2.2" in problem.message
            assert problem.advice == "unset DOCKER_HOST"


def test_images_that_another_docker_builds(workplace: Workplace) -> None:
    shared = {"/api/v1/nodes": items(node(runtime="docker://28.2.2"))}
    problem = only_problem(images(workplace, shared, "rancher-desktop"))
    assert (
        "the node runs what its own Docker has, but images are built by the one at unix://" in problem.message
    )
    assert problem.advice == "unset DOCKER_HOST"
