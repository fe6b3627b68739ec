"""A service that does not run, and who answers in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devkit.engines.local.units import units_for
from devkit.model import Table
from devkit.render.plan import plan_document
from devkit.table.overrides import parse_overrides

from tests.support.platform import SECRETS


def plan(table: Table, **settings: Any) -> dict[str, Any]:
    return plan_document(table, parse_overrides(table, settings))


def slicer_url(plan: dict[str, Any]) -> str:
    config = next(each["yaml"] for each in plan["manifests"] if each["path"].endswith("configmap.yaml"))
    line = next(line for line in config.splitlines() if "SLICER_URL" in line)
    return str(line.split(": ", 1)[1].strip('"'))


def names(plan: dict[str, Any]) -> set[str]:
    return {each["name"] for each in plan["resources"]}


def test_off_by_default_with_somebody_in_its_place(table: Table) -> None:
    found = plan(table)
    assert not {"slicer", "switched-off"} & names(found)
    assert slicer_url(found) == "http://provider-sim.forma3d-dev.svc.cluster.local:3005/slicer"


def test_switched_on_it_answers_itself(table: Table) -> None:
    found = plan(table, slicer=True)
    assert "slicer" in names(found)
    assert slicer_url(found) == "http://slicer.forma3d-dev.svc.cluster.local:3010"
    assert "slicer" in names(plan(table, services=["slicer"]))


def test_its_stand_in_comes_along(table: Table) -> None:
    assert "provider-sim" in names(plan(table, services=["gridflock-service"]))


def test_without_either_a_stub_answers(table: Table) -> None:
    found = plan(table, off=["provider-sim"])
    assert "switched-off" in names(found)
    stub = next(each for each in found["resources"] if each["name"] == "switched-off")
    assert {"slicer", "provider-sim"} <= stub["ports"].keys()
    assert slicer_url(found) == "http://slicer.forma3d-dev.svc.cluster.local:3010"


def test_the_local_engine_runs_no_image_so_it_always_stands_in(table: Table, tmp_path: Path) -> None:
    units = {
        unit.name: unit
        for unit in units_for(tmp_path, table, SECRETS, offset=100, only=("gridflock-service",))
    }
    assert units["gridflock-service"].environment["SLICER_URL"] == "http://127.0.0.1:3105/slicer"
    assert "provider-sim" in units
    assert "slicer" not in units
