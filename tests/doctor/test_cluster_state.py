"""doctor's group `cluster`: nodes, storage, room, quotas, the namespace and DNS, as an API server tells of them."""

from __future__ import annotations

from typing import Any

import pytest
from devkit.checks import Outcome
from devkit.findings.model import Severity

from tests.support.api_server import cluster, items, node, pod, run, state, storage_class
from tests.support.machine import Workplace, only_problem


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (node(conditions={"Ready": "False"}), "is not ready: container runtime is down"),
        (node(spec={"unschedulable": True}), "is cordoned"),
        (
            node(conditions={"DiskPressure": "True"}, spec={"taints": [{"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}]}),
            "has DiskPressure: its disk is full",
        ),
        (node(spec={"taints": [{"key": "mine", "effect": "NoSchedule"}]}), "is tainted (mine:NoSchedule)"),
    ],
)  # fmt: skip
def test_a_node_that_takes_no_pod(workplace: Workplace, broken: dict[str, Any], words: str) -> None:
    problem = only_problem(run(workplace, "node", {"/api/v1/nodes": items(broken)}))
    assert words in problem.message
    assert problem.advice
    # Beside one that does, it is only worth knowing.
    outcome = run(workplace, "node", {"/api/v1/nodes": items(broken, node("other"))})
    assert outcome.passed


def fixed(workplace: Workplace, id: str, answers: dict[str, Any]) -> Outcome:
    """The check after its one fix was applied to the same API server."""
    with cluster(workplace, answers):
        fix = only_problem(workplace.run(id)).fix
        assert fix
        assert fix.apply
        fix.apply(workplace.machine)
        return workplace.run(id)


def test_a_cordoned_node_is_fixed(workplace: Workplace) -> None:
    cordoned = node(spec={"unschedulable": True})
    answers = state(**{"/api/v1/nodes": items(cordoned), "/api/v1/nodes/node": cordoned})
    assert fixed(workplace, "cluster.node", answers).seen == "node"


def test_a_default_storage_class_is_fixed(workplace: Workplace) -> None:
    path, one = "/apis/storage.k8s.io/v1/storageclasses", storage_class(default="false")
    answers = state(**{path: items(one), f"{path}/local-path": one})
    assert fixed(workplace, "cluster.storage", answers).seen == "local-path (rancher.io/local-path)"


def test_a_node_under_pressure(workplace: Workplace) -> None:
    outcome = run(workplace, "node", {"/api/v1/nodes": items(node(conditions={"MemoryPressure": "True"}))})
    assert only_problem(outcome).severity is Severity.WARNING


def test_a_cluster_without_a_node(workplace: Workplace) -> None:
    assert "has no node" in only_problem(run(workplace, "node", {"/api/v1/nodes": items()})).message


def test_storage(workplace: Workplace) -> None:
    path = "/apis/storage.k8s.io/v1/storageclasses"
    assert "has no StorageClass" in only_problem(run(workplace, "storage", {path: items()})).message
    problem = only_problem(run(workplace, "storage", {path: items(storage_class(default="false"))}))
    assert (problem.advice or "").startswith("kubectl patch storageclass local-path")
    two = only_problem(run(workplace, "storage", {path: items(storage_class("a"), storage_class("b"))}))
    assert two.severity is Severity.NOTE
    workplace.in_clone("tilt_config.json", {"services": ["redis"]})
    assert run(workplace, "storage", {path: items()}).skipped == "nothing that runs needs a volume"


def test_capacity(workplace: Workplace) -> None:
    ours, others = pod("demo-dev", "1900m"), pod("shop", "1700m")
    assert run(workplace, "capacity", {"/api/v1/pods": items(ours)}).passed
    assert run(workplace, "capacity", {"/api/v1/pods": items(pod("shop", "1700m", phase="Succeeded"))}).passed
    problem = only_problem(run(workplace, "capacity", {"/api/v1/pods": items(ours, others)}))
    assert problem.part == "cpu"
    assert (
        "request 0.4 cores, the cluster has 2, of which other namespaces' pods have 1.7 (most of it shop)"
        in problem.message
    )
    # What is asked for follows tilt_config.json.
    workplace.in_clone("tilt_config.json", {"resource_scale": "0.5"})
    assert run(workplace, "capacity", {"/api/v1/pods": items(ours, others)}).passed


def test_capacity_counts_init_containers_as_the_scheduler_does(workplace: Workplace) -> None:
    heavy = pod("shop", "100m")
    heavy["spec"]["initContainers"] = [{"name": "first", "resources": {"requests": {"cpu": "1700m"}}}]
    assert only_problem(run(workplace, "capacity", {"/api/v1/pods": items(heavy)})).part == "cpu"


def test_a_namespace_on_its_way_out(workplace: Workplace) -> None:
    stuck = {
        "metadata": {"name": "demo-dev", "deletionTimestamp": "2026-01-02T03:04:05Z"},
        "status": {
            "phase": "Terminating",
            "conditions": [
                {
                    "type": "NamespaceFinalizersRemaining",
                    "status": "True",
                    "message": "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
                }
            ],
        },
    }
    path = "/api/v1/namespaces/demo-dev"
    problem = only_problem(run(workplace, "namespace", {path: stuck}))
    assert "example.com/hold in 1 resource instances" in problem.message
    assert run(workplace, "quota", {path: stuck}).skipped == "not checked because cluster.namespace failed"


def quotas(quota: dict[str, Any] | None = None, limits: dict[str, Any] | None = None) -> dict[str, Any]:
    namespace = "/api/v1/namespaces/demo-dev"
    hard = {"metadata": {"name": "team"}, "spec": {"hard": quota}, "status": {"used": {"pods": "1"}}}
    return {
        namespace: {"metadata": {"name": "demo-dev"}, "status": {"phase": "Active"}},
        f"{namespace}/resourcequotas": items(*([hard] if quota else [])),
        f"{namespace}/limitranges": items(
            *([{"metadata": {"name": "small"}, "spec": {"limits": [limits]}}] if limits else [])
        ),
    }


def test_quota(workplace: Workplace) -> None:
    assert run(workplace, "quota").skipped == "the namespace is not there yet"
    assert run(workplace, "quota", quotas()).seen == "there is none"
    assert (
        run(workplace, "quota", quotas({"requests.cpu": "1", "pods": "10"})).seen
        == "1 quotas, 0 limit ranges"
    )
    problem = only_problem(run(workplace, "quota", quotas({"pods": "3"})))
    assert problem.message == "the quota team allows 3 of pods in demo-dev (1 used); the services need 4"
    assert (
        "requests.memory"
        in only_problem(run(workplace, "quota", quotas({"requests.memory": "128Mi"}))).message
    )
    assert "without a CPU limit" in only_problem(run(workplace, "quota", quotas({"limits.cpu": "4"}))).message


def test_a_limit_range(workplace: Workplace) -> None:
    most = {"type": "Container", "max": {"memory": "96Mi"}}
    message = only_problem(run(workplace, "quota", quotas(limits=most))).message
    assert "more wants hello, other, postgres, redis" in message
    assert run(workplace, "quota", quotas(limits={"type": "Container", "max": {"memory": "1Gi"}})).passed


def test_dns_does_not_run(workplace: Workplace) -> None:
    slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"
    crashing = {
        "metadata": {"name": "coredns-5688667fd4-x", "creationTimestamp": "2026-01-02T03:04:05Z"},
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": "no config"}}}
            ],
        },
    }
    outcome = run(
        workplace,
        "dns",
        {slices: items({"endpoints": None}), "/api/v1/namespaces/kube-system/pods": items(crashing)},
    )
    assert "coredns-5688667fd4-x: CreateContainerConfigError: no config" in only_problem(outcome).message


def test_dns_by_another_name(workplace: Workplace) -> None:
    outcome = run(workplace, "dns", {"/api/v1/namespaces/kube-system/services": items()})
    assert outcome.needless
    assert "no DNS is found under its usual names" in (outcome.skipped or "")


def test_dns_from_outside_the_cluster(workplace: Workplace) -> None:
    """A service that nothing in the cluster stands behind, and no pod that could ask it."""
    slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"
    outcome = run(workplace, "dns", {slices: items()})
    assert outcome.needless
    assert "served from outside the cluster" in (outcome.skipped or "")
