"""What a Tiltfile reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from devkit.model import Table
from devkit.render.artefacts import render
from devkit.render.build_secrets import build_secrets
from devkit.render.plan import plan_document


@pytest.fixture
def plan(table: Table) -> Any:
    return json.loads(json.dumps(plan_document(table)))


def resource(plan: Any, name: str) -> Any:
    return next(r for r in plan["resources"] if r["name"] == name)


def test_version_and_place(plan: Any) -> None:
    assert (plan["version"], plan["namespace"], plan["name"]) == (1, "forma3d-dev", "forma3d-connect")


def test_every_manifest_is_rendered(plan: Any, table: Table) -> None:
    named = {part["path"] for part in (*plan["manifests"], *plan["resources"])}
    rendered = {path for path in render(table) if path.startswith("k8s/") and path.endswith(".yaml")}
    assert named == rendered - {"k8s/dev/slicer.yaml"}  # off unless tilt_config.json says otherwise


def test_a_python_service(plan: Any) -> None:
    gateway = resource(plan, "gateway")
    assert gateway["label"] == "backend"
    assert gateway["image"] == "forma3d-connect-gateway"
    assert gateway["deps"] == ["postgres", "redis", "db-migrate"]
    assert [(f["local"], f["remote"]) for f in gateway["forwards"]] == [(3000, 3000), (9229, 9229)]
    assert {"from": "apps/gateway/src", "to": "/app/apps/gateway/src"} in gateway["build"]["sync"]
    assert gateway["build"]["only"] == [
        "apps/gateway", "libs", "migrations", "requirements/services.txt", "requirements/debug.txt", "tools/devserve",
    ]  # fmt: skip


def test_a_page_waits_for_what_it_calls(plan: Any) -> None:
    web = resource(plan, "web")
    assert (web["label"], web["deps"], web["image"]) == ("frontend", ["gateway"], "forma3d-connect-web-dev")


def test_ready_made_images_are_not_built(plan: Any) -> None:
    for name in ("postgres", "redis", "kubeview"):
        assert "build" not in resource(plan, name)


def test_what_is_synced_is_part_of_the_build(plan: Any) -> None:
    for found in plan["resources"]:
        for step in found.get("build", {"sync": ()})["sync"]:
            assert any(Path(step["from"]).is_relative_to(part) for part in found["build"]["only"])


def test_deps_exist(plan: Any) -> None:
    names = {part["name"] for part in plan["resources"] + plan["tasks"]}
    for part in plan["resources"] + plan["tasks"]:
        assert set(part["deps"]) <= names


def test_tasks(plan: Any) -> None:
    assert [(t["name"], t["deps"], t["auto"]) for t in plan["tasks"]] == [
        ("db-migrate", ["postgres"], True),
        ("db-seed", ["db-migrate"], False),
        ("tunnel", ["gateway"], False),
        ("mesh-install", [], False),
    ]


def test_infrastructure_listens_on_its_own_port_inside(shop: Table) -> None:
    assert resource(plan_document(shop), "db")["forwards"] == [
        {"name": "postgres", "local": 5433, "remote": 5432}
    ]


def test_committed_manifests_are_named_and_changed_ones_carried(table: Table) -> None:
    files = render(table)
    plan = plan_document(table, committed=files.get)
    assert not [part for part in (*plan["manifests"], *plan["resources"]) if "yaml" in part]
    stale = files | {"k8s/dev/gateway.yaml": b"old"}
    carried = [part for part in plan_document(table, committed=stale.get)["resources"] if "yaml" in part]
    assert [(part["path"], part["yaml"].encode()) for part in carried] == [
        ("k8s/dev/gateway.yaml", files["k8s/dev/gateway.yaml"])
    ]


def test_secrets_of_a_build_are_files_that_exist(tmp_path: Path) -> None:
    bundle, home = tmp_path / "ca.pem", tmp_path / "home"
    bundle.write_text("certificates")
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\ntimeout = 60\n")
    (home / ".npmrc").write_text("registry=https://npm.example\n")
    assert build_secrets({}, tmp_path) == []
    assert build_secrets({"SSL_CERT_FILE": "/nowhere", "PIP_CERT": str(bundle)}, home) == [
        f"id=ca,src={bundle}",
        f"id=npmrc,src={home / '.npmrc'}",
    ]
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = https://pypi.example/simple\n")
    assert f"id=pipconf,src={home / '.config' / 'pip' / 'pip.conf'}" in build_secrets({}, home)
