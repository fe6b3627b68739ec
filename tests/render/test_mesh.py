"""What a mesh needs to be told, rendered: the seed's label always, everything else where a mesh is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from devkit.model import Table
from devkit.render.artefacts import render_manifests
from devkit.render.plan import plan_document
from devkit.table.overrides import parse_overrides

from tests.support.platform import table as rows

OURS = {name for name, row in rows()["services"].items() if row.get("mesh")}
LABEL = "mesh.traefik.io/enabled"


def objects(table: Table, kind: str) -> dict[str, Any]:
    """Every object of a kind, by name."""
    found: dict[str, Any] = {}
    for content in render_manifests(table).values():
        for each in yaml.safe_load_all(content):
            if each and each["kind"] == kind:
                found[each["metadata"]["name"]] = each
    return found


def config(table: Table) -> dict[str, str]:
    data: dict[str, str] = objects(table, "ConfigMap")["app-config"]["data"]
    return data


def own(table: Table, service: str) -> dict[str, str]:
    """The plain variables that a service alone has."""
    data: dict[str, str] = objects(table, "ConfigMap")["service-config"]["data"]
    return {key.partition(".")[2]: value for key, value in data.items() if key.startswith(f"{service}.")}


def test_without_a_mesh_there_is_only_the_label(table: Table) -> None:
    services = objects(table, "Service")
    assert {n for n, s in services.items() if s["metadata"]["labels"].get(LABEL) == "true"} == OURS
    assert "traefik.io/traffic-type" not in str(services)
    assert "traefik.mesh" not in str(config(table))


def test_traefik_mesh_gets_annotations_and_its_names(table: Table) -> None:
    meshed = replace(table, mesh="traefik")
    for name, service in objects(meshed, "Service").items():
        notes = service["metadata"].get("annotations", {})
        assert notes.get("mesh.traefik.io/traffic-type") == ("http" if name in OURS else None)
    values = config(meshed)
    assert values["ORDER_SERVICE_URL"] == "http://order-service.forma3d-dev.traefik.mesh:3001"
    assert values["SLICER_URL"].startswith(
        "http://provider-sim.forma3d-dev.svc.cluster.local"
    )  # not in the mesh
    assert "svc.cluster.local" in own(meshed, "print-service")["SIMPLYPRINT_API_URL"]
    to_the_gateway = "http://gateway.forma3d-dev.traefik.mesh:3000/webhooks/sendcloud"
    assert own(meshed, "provider-sim")["SENDCLOUD_WEBHOOK_URL"] == to_the_gateway


def test_its_settings_become_annotations(table: Table) -> None:
    gateway = replace(
        table.services["gateway"],
        sticky_cookie=None,
        mesh={"retry_attempts": "2", "circuit_breaker": "NetworkErrorRatio() > 0.5"},
    )
    changed = replace(table, mesh="traefik", services={**table.services, "gateway": gateway})
    notes = objects(changed, "Service")["gateway"]["metadata"]["annotations"]
    assert notes == {
        "mesh.traefik.io/traffic-type": "http",
        "mesh.traefik.io/retry-attempts": "2",
        "mesh.traefik.io/circuit-breaker-expression": "NetworkErrorRatio() > 0.5",
    }


@pytest.mark.parametrize(
    ("mesh", "where", "mark"),
    [
        ("linkerd", "annotations", ("linkerd.io/inject", "enabled")),
        ("istio-ambient", "labels", ("istio.io/dataplane-mode", "ambient")),
    ],
)
def test_other_meshes_mark_pods_and_leave_names_alone(
    table: Table, mesh: str, where: str, mark: tuple[str, str]
) -> None:
    meshed = replace(table, mesh=mesh)
    marked = {
        name
        for name, deployment in objects(meshed, "Deployment").items()
        if deployment["spec"]["template"]["metadata"].get(where, {}).get(mark[0]) == mark[1]
    }
    assert marked == OURS
    assert config(meshed) == config(table)
    for deployment in objects(meshed, "Deployment").values():
        assert mark[0] not in str(deployment["spec"]["selector"])


def test_the_plan_has_its_task_by_hand_or_by_itself(table: Table) -> None:
    def tasks(config: dict[str, Any]) -> dict[str, Any]:
        plan = plan_document(table, parse_overrides(table, config))
        return {each["name"]: each for each in plan["tasks"]} | {
            each["name"]: each for each in plan["resources"]
        }

    by_hand, chosen = tasks({}), tasks({"mesh": "traefik"})
    assert (by_hand["mesh-install"]["auto"], chosen["mesh-install"]["auto"]) == (False, True)
    assert chosen["mesh-install"]["command"] == ["./devkit", "mesh", "install", "traefik"]
    assert chosen["mesh-install"]["watch"] == ["dev/mesh/traefik.yaml"]
    # Who calls through the mesh waits until its names are known.
    assert {name for name, each in chosen.items() if "mesh-install" in each["deps"]} == {
        "gateway",
        "provider-sim",
        "web",
    }
    assert not [name for name, each in by_hand.items() if "mesh-install" in each["deps"]]
