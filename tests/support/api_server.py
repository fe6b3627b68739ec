"""An API server of a test's own, and the machine whose current context leads to it."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from devkit.checks import Outcome

from tests.support.answers import on_port
from tests.support.machine import Workplace

__all__ = ["NAME", "cluster", "items", "kubeconfig", "node", "pod", "run", "state", "storage_class"]

NAME = "lab"


def node(name: str = "node", **changed: Any) -> dict[str, Any]:
    """A node, with the parts that count."""
    conditions = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True"}
    conditions |= changed.pop("conditions", {})
    return {
        "metadata": {"name": name},
        "spec": changed.pop("spec", {}),
        "status": {
            "allocatable": {"cpu": "2", "memory": "4024692Ki", "pods": "110"},
            "conditions": [
                {"type": kind, "status": status, "reason": "Kubelet", "message": "container runtime is down"}
                for kind, status in conditions.items()
            ],
            "nodeInfo": {
                "containerRuntimeVersion": changed.pop("runtime", "containerd://2.0.4"),
                "kernelVersion": platform.release(),
                "kubeletVersion": "v1.33.1",
            },
            "images": [],
        },
        **changed,
    }


def storage_class(name: str = "local-path", default: str = "true") -> dict[str, Any]:
    key = "storageclass.kubernetes.io/is-default-class"
    return {"metadata": {"name": name, "annotations": {key: default}}, "provisioner": "rancher.io/local-path"}


def pod(namespace: str, cpu: str, memory: str = "64Mi", phase: str = "Running") -> dict[str, Any]:
    requests = {"requests": {"cpu": cpu, "memory": memory}}
    return {
        "metadata": {"name": f"pod-{cpu}", "namespace": namespace},
        "spec": {"nodeName": "node", "containers": [{"name": "main", "resources": requests}]},
        "status": {"phase": phase},
    }


def items(*found: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "List", "items": list(found)}


def state(**changed: Any) -> dict[str, Any]:
    """What a healthy API server answers, by path."""
    return {
        "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.1+k3s1"},
        "/api/v1/namespaces": items(),
        "/api/v1/nodes": items(node()),
        "/api/v1/pods": items(),
        "/apis/storage.k8s.io/v1/storageclasses": items(storage_class()),
        "/api/v1/namespaces/demo-dev/pods": items(),
        "/api/v1/namespaces/kube-system/services": items({"metadata": {"name": "kube-dns"}}),
        "/api/v1/namespaces/kube-system/pods": items(),
        "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices": items(
            {"endpoints": [{"addresses": ["10.42.0.3"], "conditions": {"ready": True}}]}
        ),
        **changed,
    }


def kubeconfig(workplace: Workplace, server: str, name: str = NAME, **cluster: Any) -> None:
    workplace.write(
        ".kube/config",
        {
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
            "users": [{"name": name, "user": {"token": "a-secret-token"}}],
        },
    )


@contextmanager
def cluster(
    workplace: Workplace, answers: Mapping[str, Any] | None = None, name: str = NAME
) -> Iterator[int]:
    """An API server, and a context that leads to it and is allowed by name."""
    with on_port(state() if answers is None else answers) as port:
        kubeconfig(workplace, f"http://127.0.0.1:{port}", name)
        workplace.environ["DEVKIT_ALLOW_CONTEXT"] = name
        yield port


def run(workplace: Workplace, id: str, changed: Mapping[str, Any] | None = None) -> Outcome:
    with cluster(workplace, state(**(changed or {}))):
        return workplace.run(f"cluster.{id}")
