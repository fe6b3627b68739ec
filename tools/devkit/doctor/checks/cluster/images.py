"""An image that is built here can run in the cluster."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check, warning
from devkit.doctor.facts.cluster import nodes
from devkit.doctor.facts.context import product
from devkit.doctor.facts.docker import daemon, info, processor, version
from devkit.doctor.facts.images import node_runtime, registry_status, way
from devkit.doctor.facts.platform import adjusted
from devkit.doctor.facts.rancher import setting
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_url

LINK = "https://docs.tilt.dev/choosing_clusters.html"


@check("cluster.images", __doc__, after=("cluster.node", "docker.running", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """Which way it gets there: shared with Docker, loaded, or through a registry; and that this way works."""
    platform = machine.fact(adjusted)
    if not any(platform.table.services[name].type.container.build for name in platform.running):
        raise Skipped("no enabled service is built here")
    _same_processor(machine)
    found = machine.fact(way)
    if found.kind == "shared":
        return _shared(machine)
    if found.kind == "loaded":
        if machine.program("kind") is None:
            raise Problem(
                "kind is not on PATH: Tilt loads what it builds into the node with it", "install kind"
            )
        return "kind loads it into the node"
    if found.kind == "registry":
        return _pushed(machine, found.registry)
    raise _none(machine)


def _same_processor(machine: Machine) -> None:
    """Raises Problem when what is built is for another processor than the nodes'."""
    built = processor(str(machine.fact(version).get("Arch") or ""))
    abouts = (node["status"].get("nodeInfo") or {} for node in machine.fact(nodes))
    run = {processor(str(about["architecture"])) for about in abouts if about.get("architecture")}
    if built and run and built not in run:
        raise Problem(
            f"Docker builds for {built}, the cluster runs on {', '.join(sorted(run))}: images built here fail with `exec format error`",
            f"build for it: export DOCKER_DEFAULT_PLATFORM=linux/{min(run)} (slow: emulated), or use a cluster for {built}",
            link=LINK,
        )


def _shared(machine: Machine) -> str:
    """Whether the node's Docker really is the one that builds, as far as both describe themselves alike."""
    if machine.fact(product) == "minikube":
        return "built by minikube's own Docker"
    node, docker = machine.fact(nodes)[0], machine.fact(info)
    about = node["status"]["nodeInfo"]
    there = (about.get("containerRuntimeVersion", "").partition("://")[2], about.get("kernelVersion", ""))
    here = (str(docker.get("ServerVersion", "")), str(docker.get("KernelVersion", "")))
    if all(there) and all(here) and there != here:
        raise Problem(
            f"the node {node['metadata']['name']} runs its containers with Docker {there[0]} on kernel {there[1]}, but {_where(machine)} "
            f"is Docker {here[0]} on kernel {here[1]}: another one, whose images the node does not see",
            _product_docker(machine),
            link=LINK,
        )
    return f"the node runs what {docker.get('Name') or 'Docker'} has"


def _pushed(machine: Machine, registry: str) -> str:
    status = registry_status(machine, registry)
    if isinstance(status, str):
        raise Problem(
            f"the cluster names the registry {registry} for local images, but {status}",
            "start it (docker ps --all shows its container), or delete the ConfigMap that names it: kubectl --namespace "
            "kube-public delete configmap local-registry-hosting",
            link=LINK,
        )
    if status not in (200, 401):
        raise Problem(
            f"what answers at {registry} is not a registry (HTTP {status} for /v2/)",
            "which program has that port?",
            link=LINK,
        )
    return f"through the registry {registry}"


def _none(machine: Machine) -> Exception:
    """Why there is no way."""
    kind, runtime = machine.fact(product), machine.fact(node_runtime)
    if kind == "rancher-desktop" and runtime != "docker":
        try:
            if setting(machine, "containerEngine", "name") == "containerd":
                return Skipped("not checked because rancher.engine failed")
        except Problem:
            pass
    if runtime == "docker" and kind:
        return Problem(
            f"the node runs what its own Docker has, but images are built by {_where(machine)}",
            _product_docker(machine),
            link=LINK,
        )
    what = f"the node runs containers with {runtime or 'something unknown'}, which does not see what Docker builds, and the cluster names no local registry"
    if kind == "docker-desktop":
        return warning(
            f"{what}: Tilt would push to the internet",
            "choose kubeadm instead of kind in Docker Desktop's settings (Kubernetes), or use its containerd image store",
            link=LINK,
        )
    if kind == "k3d":
        return Problem(what, "recreate it with one: k3d cluster create --registry-create registry", link=LINK)
    return Problem(
        what,
        "use Rancher Desktop with the engine moby, or kind, or name a registry as kind's documentation does",
        link=LINK,
    )


def _where(machine: Machine) -> str:
    found = machine.fact(daemon)
    return f"the one at {masked_url(found.url)} ({found.why})"


def _product_docker(machine: Machine) -> str:
    if machine.environ.get("DOCKER_HOST"):
        return "unset DOCKER_HOST"
    names = {"docker-desktop": "desktop-linux"}
    kind = machine.fact(product)
    return f"docker context use {names.get(kind, kind)} (docker context ls shows those that exist)"
