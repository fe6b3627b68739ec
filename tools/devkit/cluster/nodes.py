"""Clusters whose nodes are containers or machines that a tool made: the node itself is the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devkit.cluster.containers import Container, inspect
from devkit.cluster.endpoint import Published
from devkit.cluster.kubeconfig import shown
from devkit.cluster.product_record import ProductRecord, read_json

__all__ = ["k3d", "kind", "minikube", "minikube_profile"]

_API_PORT = 6443
_MINIKUBE_PORT = 8443
# Drivers whose machine runs on this one. `ssh` is not: its machine is anywhere.
_MACHINES = (
    "hyperkit",
    "hyperv",
    "krunkit",
    "kvm2",
    "parallels",
    "qemu",
    "qemu2",
    "vfkit",
    "virtualbox",
    "vmware",
)


def kind(name: str, environ: Mapping[str, str], home: Path) -> ProductRecord:
    """The control plane's container, or the load balancer's when there are several, with kind's label."""
    asked = (f"{name}-control-plane", f"{name}-external-load-balancer")
    return _published(asked, {"io.x-k8s.kind.cluster": name}, environ, home)


def k3d(name: str, environ: Mapping[str, str], home: Path) -> ProductRecord:
    """The load balancer's container, or the server's where there is none, with k3d's labels."""
    asked = (f"k3d-{name}-serverlb", f"k3d-{name}-server-0")
    return _published(asked, {"app": "k3d", "k3d.cluster": name}, environ, home)


def minikube_profile(name: str, environ: Mapping[str, str], home: Path) -> Path:
    """Where minikube keeps what it knows of a cluster."""
    folder = Path(environ.get("MINIKUBE_HOME") or home)
    folder = folder if folder.name == ".minikube" else folder / ".minikube"
    return folder / "profiles" / name / "config.json"


def minikube(name: str, environ: Mapping[str, str], home: Path) -> ProductRecord:
    """The profile's node: a container of this machine's Docker, or a virtual machine."""
    path = minikube_profile(name, environ, home)
    profile = read_json(path)
    if profile is None:
        return ProductRecord(missing=f"minikube has no profile {name} here")
    driver = str(profile.get("Driver") or "")
    nodes = [
        node for node in profile.get("Nodes") or [] if isinstance(node, dict) and node.get("ControlPlane")
    ]
    port = int((nodes[0].get("Port") if nodes else None) or profile.get("APIServerPort") or _MINIKUBE_PORT)
    if driver == "docker":
        labels = {"name.minikube.sigs.k8s.io": name}
        record = _published((name,), labels, environ, home, inside=port, container_addresses=True)
        return ProductRecord(record.published, f"{shown(path)} and {record.source}", record.missing)
    if driver not in _MACHINES:
        return ProductRecord(
            missing=f"minikube's driver {driver or 'unnamed'} does not say that it runs here"
        )
    published = tuple(Published(str(node["IP"]), port) for node in nodes if node.get("IP"))
    return ProductRecord(published, shown(path), "" if published else f"no address in {shown(path)}")


def _published(
    names: tuple[str, ...],
    labels: Mapping[str, str],
    environ: Mapping[str, str],
    home: Path,
    *,
    inside: int = _API_PORT,
    container_addresses: bool = False,
) -> ProductRecord:
    """Where the first running container of these names and labels offers its port `inside`."""
    containers = inspect(names, environ, home)
    if isinstance(containers, str):
        return ProductRecord(missing=containers)
    labelled = [found for found in containers if labels.items() <= found.labels.items()]
    if not labelled:
        return ProductRecord(missing=f"no container {names[0]} of it in this machine's Docker")
    running = [found for found in labelled if found.running]
    if not running:
        return ProductRecord(missing=f"its container {labelled[0].name} does not run")
    published = [spot for container in running for spot in _offers(container, inside, container_addresses)]
    if not published:
        return ProductRecord(missing=f"its container {running[0].name} publishes no port {inside}")
    return ProductRecord(tuple(published), f"container {running[0].name}")


def _offers(container: Container, inside: int, container_addresses: bool) -> list[Published]:
    offers = [Published(host, port) for host, port in container.published.get(inside, ())]
    if container_addresses:
        offers += [Published(address, inside) for address in container.addresses]
    return offers
