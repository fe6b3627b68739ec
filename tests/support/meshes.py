"""A small mesh for the cluster: its chart in a repository on loopback, a clone that installs it, and a DNS it writes into."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from devkit.cluster.client import Cluster

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks

__all__ = ["CHART", "COREFILE", "Scene", "repository", "small_dns", "traces"]

CHART = Path(ROOT) / "tests/cluster/mesh_chart"
COREFILE = ".:53 {\n    errors\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n    reload\n}\n"
_SYSTEM = "/api/v1/namespaces/kube-system/configmaps"
_DNS = "/apis/apps/v1/namespaces/kube-system/deployments"
_KINDS = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/apis/batch/v1/namespaces/{}/jobs",
    "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "/api/v1/namespaces/{}/services",
    "/api/v1/namespaces/{}/configmaps",
    "/api/v1/namespaces/{}/secrets",
    "/api/v1/namespaces/{}/serviceaccounts",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
)
_OF_EVERY_NAMESPACE = ("kube-root-ca.crt", "default")


@contextmanager
def repository(folder: Path, *, versions: tuple[str, ...] = ("1.0.0",)) -> Iterator[str]:
    """Serves the chart from a chart repository on loopback. Yields its URL."""
    for version in versions:
        command = ["helm", "package", str(CHART), "--version", version, "--destination", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
    subprocess.run(["helm", "repo", "index", str(folder)], check=True, capture_output=True)

    class Files(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder))

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def small_dns(cluster: Cluster, image: str) -> Iterator[None]:
    """CoreDNS's ConfigMap and Deployment where the cluster has none of its own; nobody asks this one for a name."""
    labels = {"app": "devkit-test-coredns"}
    container = {
        "name": "coredns",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "3600"],
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    cluster.create(_SYSTEM, {"metadata": {"name": "coredns"}, "data": {"Corefile": COREFILE}})
    try:
        cluster.create(_DNS, {"metadata": {"name": "coredns"}, "spec": spec})
        yield
    finally:
        cluster.delete(f"{_DNS}/coredns")
        cluster.delete(f"{_SYSTEM}/coredns")


def corefile(cluster: Cluster) -> str:
    """What CoreDNS is told."""
    return str(cluster.get(f"{_SYSTEM}/coredns")["data"]["Corefile"])


def traces(cluster: Cluster, namespace: str) -> set[str]:
    """Every object that a mesh could have made: in the namespace, and outside of any."""
    found = {f"corefile {corefile(cluster)}"}
    notes = cluster.get(f"{_DNS}/coredns")["spec"]["template"]["metadata"].get("annotations") or {}
    found |= {f"annotation {name}" for name in notes if "mesh" in name}
    for path in _KINDS:
        for item in cluster.get(path.format(namespace))["items"]:
            name = item["metadata"]["name"]
            if name not in _OF_EVERY_NAMESPACE and not item["metadata"].get("deletionTimestamp"):
                found.add(f"{path.rsplit('/', 1)[1]} {name}")
    return found


@dataclass(frozen=True)
class Scene:
    """A clone whose table has the small mesh, in a namespace of the cluster."""

    root: Path
    cluster: Cluster
    namespace: str
    image: str

    def table(self, repository: str, *, version: str = "1.0.0", timeout: int = 60, fault: str = "") -> None:
        """Writes the table and the values."""
        (self.root / "dev/mesh").mkdir(parents=True, exist_ok=True)
        values = {"image": self.image, "fault": fault}
        (self.root / "dev/mesh/small.yaml").write_text(yaml.safe_dump(values))
        api = {
            "type": "python", "port": 3000, "debug_port": 9229, "mesh": True,
            "probes": {"live": "/health/live", "ready": "/health/ready"},
        }  # fmt: skip
        mesh = {
            "chart": "small-mesh", "version": version, "repository": repository,
            "values": "dev/mesh/small.yaml", "timeout": timeout,
        }  # fmt: skip
        table = {
            "version": 1, "name": "shop", "namespace": self.namespace, "image_prefix": "shop",
            "meshes": {"traefik": mesh}, "services": {"api": api},
        }  # fmt: skip
        (self.root / "dev/services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A devkit command in the clone."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "tools"), *arguments],
            env=os.environ | {"DEVKIT_ROOT": str(self.root), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def mesh(self, *arguments: str) -> tuple[int, str]:
        """`devkit mesh …`: the exit code, and what it wrote."""
        return self.devkit("mesh", *arguments)

    def devkit(self, *arguments: str) -> tuple[int, str]:
        """Runs a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, out + err

    def traces(self) -> set[str]:
        """See `traces`."""
        return traces(self.cluster, self.namespace)

    def wait_for(self, what: str) -> None:
        """Until one of the traces begins so."""
        for _ in looks():
            if any(each.startswith(what) for each in self.traces()):
                return
        raise AssertionError(f"no {what} after {PATIENCE:g} s")
