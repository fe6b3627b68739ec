"""`devkit resources observe` on the deployed platform: what the kubelet says, against the pod's own control group."""

from __future__ import annotations

import json
from typing import Any

import pytest
from devkit.cluster.execute import execute
from devkit.render.manifest import dev_resources
from devkit.resources.propose import FEW
from devkit.table.load import read_table

from tests.support.deployed import Deployed
from tests.support.platform import ROOT

# A container's charge and what of it can be dropped at once, on both versions of control groups.
_CHARGED = """
import pathlib
root = pathlib.Path("/sys/fs/cgroup")
one = root / "memory"
folder, current, key = (one, "memory.usage_in_bytes", "total_inactive_file") if one.is_dir() else (root, "memory.current", "inactive_file")
held = int((folder / current).read_text())
stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
print(held - int(stat[key]))
"""


@pytest.fixture(scope="module")
def observed(platform: Deployed) -> dict[str, Any]:
    options = ("--idle", "0", "--seconds", "40", "--rate", "1", "--settle", "0")
    done = platform.devkit("resources", "observe", "--engine", "tilt", *options, "--json", check=False)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_pod_of_the_platform_is_seen(platform: Deployed, observed: dict[str, Any]) -> None:
    assert (observed["engine"], observed["source"]) == ("tilt", "kubelet")
    running = {part["name"] for part in platform.plan()["resources"]}
    services = {each["name"]: each for each in observed["services"]}
    assert set(services) == running & set(services)
    assert {"postgres", "redis", "gateway", "order-service", "web"} <= set(services)
    assert "kubeview" in observed["absent"]
    for each in services.values():
        assert each["instances"] == 1, each["name"]
        assert each["memory"] is not None, each["name"]
        assert each["cpu"] is not None, each["name"]


def test_orders_went_through_and_cost_something(observed: dict[str, Any]) -> None:
    assert observed["load"]["accepted"] == observed["load"]["sent"] > 20
    cpu = {each["name"]: each["cpu"]["max"] for each in observed["services"]}
    assert 0.005 < cpu["gateway"] < 2
    assert cpu["order-service"] > cpu["web"]


def test_memory_is_what_the_pod_is_charged_with(platform: Deployed, observed: dict[str, Any]) -> None:
    for service in ("gateway", "order-service"):
        done = execute(platform.cluster, platform.namespace, service, "python3", "-c", _CHARGED)
        assert done.code == 0, done.stderr
        told = next(each for each in observed["services"] if each["name"] == service)["memory"]["max"]
        assert told == pytest.approx(int(done.stdout), rel=0.35), service


def test_the_tables_values_are_compared_not_the_scaled_ones(observed: dict[str, Any]) -> None:
    gateway = next(each for each in observed["services"] if each["name"] == "gateway")
    asked = dev_resources(read_table(ROOT / "dev" / "services.yaml").services["gateway"]).requests["cpu"]
    assert gateway["development"]["requests"]["cpu"] == asked, "tilt_config's resource_scale is aside"


def test_few_samples_are_told_where_they_are_few(observed: dict[str, Any]) -> None:
    """In 40 seconds a node with containerd has about three; one that Docker runs looks at a container whenever it is asked."""
    counts = [each[what]["samples"] for each in observed["services"] for what in ("cpu", "memory")]
    told = any(finding["id"] == "resources.few-samples" for finding in observed["findings"])
    assert told == any(count < FEW for count in counts), counts
