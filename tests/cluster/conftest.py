"""A local cluster that devkit may use, and namespaces of the tests' own in it, deleted afterwards."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.namespace import delete_namespace
from devkit.cluster.wait import wait_for_ready_pod
from devkit.render.plan import plan_document
from devkit.table.load import read_table

from tests.support.deployed import Deployed, build_and_load, deployed
from tests.support.images import needs_images
from tests.support.platform import ROOT, SECRETS
from tests.support.production import production_of

COLLECTIONS = {
    "Namespace": "/api/v1/namespaces",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Service": "/api/v1/namespaces/{}/services",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the cluster is marked so, and can be chosen with `-m cluster`."""
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The current context's cluster, as far as the guard lets devkit change it."""
    try:
        found = connect_local(read_table(ROOT / "dev" / "services.yaml").allow_contexts, os.environ)
        found.get("/version")
    except DevkitError as problem:
        pytest.skip(f"no local Kubernetes context that devkit may use: {problem.message}")
    return found


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """An empty namespace of the module's own."""
    # Short: a mesh puts the namespace into each service's name twice, and names end at 63 letters.
    name = f"devkit-test-{secrets.token_hex(2)}"
    apply(cluster, name, {"kind": "Namespace", "metadata": {"name": name}})
    yield name
    delete_namespace(cluster, name, 180)


@pytest.fixture(scope="module")
def postgres(cluster: Cluster, namespace: str) -> str:
    """The platform's own Postgres, as k8s/dev has it, ready in the namespace. Returns the namespace."""
    host = f"postgres.{namespace}.svc.cluster.local"
    password = SECRETS["POSTGRES_PASSWORD"]
    values = {
        "POSTGRES_PASSWORD": password,
        "DATABASE_URL": f"postgresql://forma3d:{password}@{host}:5432/forma3d",
    }
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    apply(cluster, namespace, {"kind": "Secret", "metadata": {"name": "app-secrets"}, "data": data})
    for manifest in manifests(ROOT / "k8s" / "dev" / "postgres.yaml"):
        if manifest["kind"] == "Deployment":  # a node may be full with the platform itself
            manifest["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "10m"}
        apply(cluster, namespace, manifest)
    wait_for_ready_pod(cluster, namespace, "postgres", 120)
    return namespace


@pytest.fixture(scope="session")
def platform(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The whole platform, in a namespace of its own."""
    with deployed(cluster, tmp_path_factory.mktemp("clone")) as found:
        yield found


@pytest.fixture(scope="module")
def production(platform: Deployed) -> Iterator[Deployed]:
    """The whole platform, with its production images."""
    with production_of(platform) as found:
        yield found


@pytest.fixture(scope="session")
def service_image(cluster: Cluster) -> str:
    """An image of a service on the cluster's node; built if it has none."""
    for node in cluster.get("/api/v1/nodes")["items"]:
        for image in node["status"].get("images", []):
            for name in image.get("names") or []:
                if "forma3d-connect-order-service" in name and "@" not in name:
                    return str(name)
    needs_images()
    plan = plan_document(read_table(ROOT / "dev" / "services.yaml"))
    return build_and_load([part for part in plan["resources"] if part["name"] == "order-service"])[0]


def manifests(path: Path) -> list[dict[str, Any]]:
    """The documents of a manifest."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def apply(cluster: Cluster, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Makes one object in the namespace."""
    body = {"apiVersion": "apps/v1" if manifest["kind"] == "Deployment" else "v1", **manifest}
    if manifest["kind"] != "Namespace":
        body["metadata"] = {**manifest["metadata"], "namespace": namespace}
    return cluster.create(COLLECTIONS[manifest["kind"]].format(namespace), body)
