"""The end of a namespace: waited for, and what holds it named."""

from __future__ import annotations

import secrets
import time

import pytest
from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import delete_namespace, namespace_exists

from tests.cluster.conftest import apply

FINALIZER = "example.com/held"


def test_it_is_gone_when_the_call_returns(cluster: Cluster) -> None:
    name = f"devkit-test-{secrets.token_hex(4)}"
    apply(cluster, name, {"kind": "Namespace", "metadata": {"name": name}})
    assert namespace_exists(cluster, name)
    assert delete_namespace(cluster, name, 60)
    assert cluster.find(f"/api/v1/namespaces/{name}") is None
    assert not namespace_exists(cluster, name)
    assert not delete_namespace(cluster, name, 60), "there was none"


def test_what_holds_it_is_named(cluster: Cluster) -> None:
    name = f"devkit-test-{secrets.token_hex(4)}"
    apply(cluster, name, {"kind": "Namespace", "metadata": {"name": name}})
    held = {"name": "held", "finalizers": [FINALIZER]}
    apply(cluster, name, {"kind": "ConfigMap", "metadata": held, "data": {}})
    said: list[str] = []
    started = time.monotonic()
    try:
        with pytest.raises(DevkitError, match=f"namespace {name} is still there after 8 s") as problem:
            delete_namespace(cluster, name, 8, said.append)
        assert time.monotonic() - started >= 8
        assert f"{FINALIZER} in 1 resource" in problem.value.message
        assert said, "it tells what it waits for"
        assert not namespace_exists(cluster, name), "one on its way out does not count"
    finally:
        cluster.patch(f"/api/v1/namespaces/{name}/configmaps/held", {"metadata": {"finalizers": []}})
    assert delete_namespace(cluster, name, 60)
