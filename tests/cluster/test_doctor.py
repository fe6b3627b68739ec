"""doctor's look at a real cluster, with a table whose namespace is the tests' own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml
from devkit.cluster.client import Cluster
from devkit.cluster.kubeconfig import kubeconfig_files
from devkit.cluster.namespace import delete_namespace
from devkit.cluster.wait import wait_for_ready_pod

from tests.cluster.conftest import apply
from tests.support.demo import until
from tests.support.machine import Workplace, make_workplace, only_problem
from tests.support.storage import free_port

FINALIZER = "example.com/held"


@pytest.fixture(scope="module")
def table_namespace() -> str:
    """A name that nobody uses."""
    return f"devkit-test-{secrets.token_hex(4)}"


@pytest.fixture
def here(tmp_path: Path, cluster: Cluster, table_namespace: str) -> Workplace:
    """This machine as it is, with a small clone of another namespace."""
    made = make_workplace(tmp_path, namespace=table_namespace)
    made.environ = {**os.environ, "DEVKIT_ALLOW_CONTEXT": cluster.context.name}
    return made


@pytest.fixture
def there(cluster: Cluster, table_namespace: str) -> Iterator[str]:
    """The namespace, made and deleted."""
    apply(cluster, table_namespace, {"kind": "Namespace", "metadata": {"name": table_namespace}})
    yield table_namespace
    delete_namespace(cluster, table_namespace, 120)


@pytest.mark.parametrize(
    "id", ["context", "guard", "endpoint", "version", "node", "storage", "namespace", "clock", "dns", "skew"]
)
def test_a_healthy_cluster(here: Workplace, id: str) -> None:
    outcome = here.run(f"cluster.{id}")
    assert outcome.passed or outcome.needless, outcome
    # Two default classes are worth a note, and kubectl may be of any version.
    assert not outcome.problems or id in ("storage", "skew"), outcome


def changed(cluster: Cluster, folder: Path, change: Any) -> str:
    """A kubeconfig of the test's own, made from the current one."""
    (path, *_) = kubeconfig_files(os.environ)
    content = yaml.safe_load(path.read_text())
    name = cluster.context.name
    content["current-context"] = name
    context = next(c["context"] for c in content["contexts"] if c["name"] == name)
    change(
        next(c["cluster"] for c in content["clusters"] if c["name"] == context["cluster"]),
        next(u for u in content["users"] if u["name"] == context["user"]),
    )
    made = folder / "kubeconfig"
    made.write_text(yaml.safe_dump(content))
    made.chmod(0o600)
    return str(made)


def test_credentials_that_the_cluster_does_not_know(
    here: Workplace, cluster: Cluster, tmp_path: Path
) -> None:
    def change(_: dict[str, Any], user: dict[str, Any]) -> None:
        user["user"] = {"token": "not-a-token-that-it-knows"}

    here.environ["KUBECONFIG"] = changed(cluster, tmp_path, change)
    problem = only_problem(here.run("cluster.endpoint"))
    assert "does not accept the kubeconfig's credentials" in problem.message
    assert "not-a-token" not in f"{problem.message}{problem.advice}"


def test_a_certificate_that_another_authority_signed(
    here: Workplace, cluster: Cluster, tmp_path: Path
) -> None:
    def change(found: dict[str, Any], _: dict[str, Any]) -> None:
        found.pop("insecure-skip-tls-verify", None)
        found.pop("certificate-authority-data", None)
        found["certificate-authority"] = certifi.where()  # every authority of the internet

    here.environ["KUBECONFIG"] = changed(cluster, tmp_path, change)
    problem = only_problem(here.run("cluster.endpoint"))
    assert "is not the one that the kubeconfig expects" in problem.message


def test_nobody_listens(here: Workplace, cluster: Cluster, tmp_path: Path) -> None:
    port = free_port()

    def change(found: dict[str, Any], _: dict[str, Any]) -> None:
        found["server"] = f"https://127.0.0.1:{port}"

    here.environ["KUBECONFIG"] = changed(cluster, tmp_path, change)
    problem = only_problem(here.run("cluster.endpoint"))
    assert "nothing listens there" in problem.message
    assert here.run("cluster.dns").skipped == "not checked because cluster.endpoint failed"


def test_more_is_asked_for_than_the_node_has(here: Workplace) -> None:
    table = here.root / "dev" / "services.yaml"
    table.write_text(table.read_text().replace("cpu: 100m", 'cpu: "64"').replace("cpu: 200m", 'cpu: "64"'))
    problem = only_problem(here.run("cluster.capacity"))
    assert "the services request 256 cores" in problem.message


def test_a_namespace_that_does_not_end(here: Workplace, cluster: Cluster, table_namespace: str) -> None:
    name = table_namespace
    apply(cluster, name, {"kind": "Namespace", "metadata": {"name": name}})
    held = {"name": "held", "finalizers": [FINALIZER]}
    apply(cluster, name, {"kind": "ConfigMap", "metadata": held, "data": {}})
    try:
        cluster.delete(f"/api/v1/namespaces/{name}")

        def named() -> bool:
            problem = only_problem(here.run("cluster.namespace"))
            assert f"the namespace {name} is being deleted" in problem.message
            return f"{FINALIZER} in 1 resource" in problem.message

        until(named, 20, "naming what holds it")
        assert here.run("cluster.quota").skipped == "not checked because cluster.namespace failed"
    finally:
        cluster.patch(f"/api/v1/namespaces/{name}/configmaps/held", {"metadata": {"finalizers": []}})
        delete_namespace(cluster, name, 60)
    assert here.run("cluster.namespace").seen == f"{name} is not there yet"


def test_a_quota_that_is_too_small(here: Workplace, cluster: Cluster, there: str) -> None:
    assert here.run("cluster.quota").seen == "there is none"
    path = f"/api/v1/namespaces/{there}/resourcequotas"
    quota = {"metadata": {"name": "team"}, "spec": {"hard": {"requests.memory": "128Mi"}}}
    cluster.create(path, {"apiVersion": "v1", "kind": "ResourceQuota", **quota})
    problem = only_problem(here.run("cluster.quota"))
    assert f"the quota team allows 128Mi of requests.memory in {there}" in problem.message
    cluster.patch(f"{path}/team", {"spec": {"hard": {"requests.memory": "1Gi"}}})
    assert here.run("cluster.quota").passed


def pod(
    cluster: Cluster, namespace: str, image: str, script: str = "import time; time.sleep(600)", **spec: Any
) -> None:
    """A pod that looks like the table's service `hello` and does nothing but the script."""
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "hello", "labels": {"app": "hello"}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "main",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "command": ["python", "-c", script],
                    "resources": {"requests": {"cpu": "10m"}},
                }
            ],
            **spec,
        },
    }
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", body)
    wait_for_ready_pod(cluster, namespace, "hello", 90)


def test_dns_is_asked_in_a_pod(here: Workplace, cluster: Cluster, there: str, service_image: str) -> None:
    pod(cluster, there, service_image)
    assert here.run("cluster.dns").seen.startswith("hello finds kubernetes.default at ")


def test_a_pod_that_finds_no_name(here: Workplace, cluster: Cluster, there: str, service_image: str) -> None:
    elsewhere = {
        "nameservers": ["127.0.0.1"],
        "options": [{"name": "timeout", "value": "1"}, {"name": "attempts", "value": "1"}],
    }
    pod(cluster, there, service_image, dnsPolicy="None", dnsConfig=elsewhere)
    problem = only_problem(here.run("cluster.dns"))
    assert "hello does not find kubernetes.default" in problem.message


def test_a_dns_that_is_silent(here: Workplace, cluster: Cluster, there: str, service_image: str) -> None:
    """The pod asks a server in itself, which takes questions and answers none."""
    silent = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53)); time.sleep(600)"
    options = [{"name": "timeout", "value": "30"}]
    pod(
        cluster,
        there,
        service_image,
        dnsPolicy="None",
        dnsConfig={"nameservers": ["127.0.0.1"], "options": options},
        securityContext={"runAsUser": 0},
        script=silent,
    )
    problem = only_problem(here.run("cluster.dns"))
    assert "hello waits for the address of kubernetes.default" in problem.message
