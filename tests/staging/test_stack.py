"""deployment/staging as its files say it: the specification's numbers, and what must never be in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.compose import load_project, read_project
from devkit.table.load import read_table

ROOT = Path(__file__).resolve().parents[2]
STAGING = ROOT / "deployment" / "staging"
FILE, EXAMPLE = STAGING / "docker-compose.yml", STAGING / ".env.example"

BUILT = ("gateway", "order-service", "print-service", "shipping-service", "gridflock-service", "web")
APPS = (*BUILT, "slicer")
# Phase 6: processors and MiB, requested and at most; phase 4: seconds until SIGKILL.
RESOURCES = {
    "gateway": (0.25, 0.50, 256, 512, 30),
    "order-service": (0.25, 0.50, 256, 512, 30),
    "print-service": (0.15, 0.30, 192, 384, 30),
    "shipping-service": (0.15, 0.30, 192, 384, 30),
    "gridflock-service": (0.25, 0.50, 256, 512, 30),
    "slicer": (0.50, 1.00, 512, 1024, 30),
    "web": (0.10, 0.25, 64, 128, 30),
    "redis": (0.15, 0.30, 128, 256, 30),
    "traefik": (0.15, 0.30, 128, 256, 30),
    "clickhouse": (0.50, 1.00, 512, 1536, 60),
    "grafana": (0.15, 0.30, 128, 256, 15),
    "otel-collector": (0.15, 0.30, 128, 256, 30),
    "uptime-kuma": (0.10, 0.25, 128, 256, 15),
    "dozzle": (0.05, 0.15, 64, 128, 10),
}
# Where a health check of Docker's cannot be: the image has no shell and nothing that asks.
WITHOUT_HEALTH = {"otel-collector"}
NAMES = ("", "-api", "-events", "-db", "-logs", "-uptime")  # -docs: see the guide


def services_of(*, interpolate: bool = True) -> dict[str, Any]:
    found: Any = read_project([FILE], environment={}, env_files=[EXAMPLE], interpolate=interpolate).data()
    services: dict[str, Any] = found["services"]
    return services


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return services_of()


def labels(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = service.get("labels", {})
    return found


def test_every_service_of_the_specification_and_no_other(services: dict[str, Any]) -> None:
    assert set(services) == set(RESOURCES)


def test_resources_and_grace(services: dict[str, Any]) -> None:
    for name, (asked, most, memory, memory_most, grace) in RESOURCES.items():
        found = services[name]["deploy"]["resources"]
        assert (float(found["reservations"]["cpus"]), float(found["limits"]["cpus"])) == (asked, most), name
        amounts = (int(found[kind]["memory"]) / 1024**2 for kind in ("reservations", "limits"))
        assert tuple(amounts) == (memory, memory_most), name
        period = services[name]["stop_grace_period"]
        assert {"1m0s": 60}.get(period) == grace or period == f"{grace}s", name


def test_images_come_from_the_registry_with_a_tag_of_their_own() -> None:
    written = services_of(interpolate=False)
    for name in APPS:
        tag = f"{name.upper().replace('-', '_')}_IMAGE_TAG"
        assert written[name]["image"] == f"${{REGISTRY_URL}}/forma3d-connect-{name}:${{{tag}:-latest}}"
        assert written[name]["pull_policy"] == "always"
    for name in set(RESOURCES) - set(APPS):
        assert not written[name]["image"].endswith(":latest"), name


def test_health(services: dict[str, Any]) -> None:
    for name, service in services.items():
        health = service.get("healthcheck")
        assert (health is None) is (name in WITHOUT_HEALTH), name
        if health is None:
            continue
        start = "3m0s" if name == "uptime-kuma" else "30s"
        numbers = (health["interval"], health["timeout"], health["retries"], health["start_period"])
        assert numbers == ("30s", "5s", 3, start), name
        if name in APPS:
            port = services[name]["expose"][0]
            assert f"http://127.0.0.1:{port}/health/live" in " ".join(health["test"]), name


def test_the_collector_says_how_it_is_at_its_port(services: dict[str, Any]) -> None:
    config = yaml.safe_load((STAGING / "otel-collector-config.yaml").read_text())
    assert config["extensions"]["health_check"]["endpoint"].endswith(":13133")
    assert "health_check" in config["service"]["extensions"]
    assert "13133" in services["otel-collector"]["expose"]
    assert services["otel-collector"]["environment"]["CLICKHOUSE_ENDPOINT"] == "http://clickhouse:8123"


def test_updates(services: dict[str, Any]) -> None:
    for name in APPS:
        deploy = services[name]["deploy"]
        assert deploy["replicas"] == 1
        update = {"parallelism": 1, "delay": "10s", "order": "start-first", "failure_action": "rollback"}
        assert deploy["update_config"] == update, name
        assert deploy["rollback_config"] == {"parallelism": 1, "order": "start-first"}, name


def test_a_second_copy_can_run(services: dict[str, Any]) -> None:
    """No host port, no name of its own, and nothing that it would write to beside the first."""
    for name in APPS:
        assert services[name].get("ports") is None, name
        assert "container_name" not in services[name], name
        assert services[name]["expose"], name
        assert all(volume["read_only"] for volume in services[name].get("volumes", [])), name
    assert [name for name, service in services.items() if service.get("ports")] == ["traefik"]
    assert sorted(port["published"] for port in services["traefik"]["ports"]) == ["443", "80"]


def test_the_proxy_knows_services_and_asks_whether_they_are_ready(services: dict[str, Any]) -> None:
    gateway, web = labels(services["gateway"]), labels(services["web"])
    port = "traefik.http.services.{}.loadbalancer.server.port"
    assert (gateway[port.format("gateway")], gateway[port.format("events")]) == ("3000", "3000")
    assert web[port.format("web")] == "4200"
    for found, route in ((gateway, "gateway"), (gateway, "events"), (web, "web")):
        assert found[f"traefik.http.services.{route}.loadbalancer.healthcheck.path"] == "/health/ready"
        assert found[f"traefik.http.routers.{route}.service"] == route


def test_live_events_stay_with_a_copy(services: dict[str, Any]) -> None:
    found = labels(services["gateway"])
    cookie = "traefik.http.services.events.loadbalancer.sticky.cookie"
    assert (found[cookie], found[f"{cookie}.name"], found[f"{cookie}.httponly"]) == (
        "true",
        "server_id",
        "true",
    )
    assert not any("services.gateway.loadbalancer.sticky" in label for label in found)


def test_which_service_answers_which_name(services: dict[str, Any]) -> None:
    answering: dict[str, set[str]] = {}
    for name, service in services.items():
        for key, value in labels(service).items():
            if key.endswith(".rule"):
                for host in re.findall(r"Host\(`([^`]+)`\)", value):
                    answering.setdefault(host, set()).add(name)
    expected = ("web", "gateway", "gateway", "grafana", "dozzle", "uptime-kuma")
    assert answering == {
        f"staging-connect{suffix}.forma3d.be": {service}
        for suffix, service in zip(NAMES, expected, strict=True)
    }


def test_nobody_sees_logs_or_monitors_without_a_password(services: dict[str, Any]) -> None:
    for name in ("dozzle", "uptime-kuma"):
        assert labels(services[name])[f"traefik.http.routers.{name}.middlewares"] == "operators"
    assert "traefik.http.middlewares.operators.basicauth.users" in labels(services["dozzle"])


def test_postgres_is_managed(services: dict[str, Any]) -> None:
    assert not any("postgres" in service["image"] for service in services.values())
    for name in BUILT[:-1]:
        assert "DATABASE_URL" in services[name]["environment"], name
        assert not {key for key in services[name]["environment"] if key.startswith(("PG", "POSTGRES"))}, name


def test_no_debugger_and_no_shortcut(services: dict[str, Any]) -> None:
    for name in BUILT[:-1]:
        environment = services[name]["environment"]
        assert (environment["NODE_ENV"], environment["BREAKPOINT_SECONDS"]) == ("staging", "0"), name
    assert services["gateway"]["environment"]["WEBHOOK_SKIP_VERIFICATION"] == "false"
    assert services["gateway"]["environment"]["PROVIDER_SIM_URL"] == ""


def test_the_example_names_what_the_stack_reads_and_nothing_else() -> None:
    _, findings = load_project([FILE], environment={}, env_files=[EXAMPLE])
    assert findings == []
    read = set()
    for path in STAGING.glob("*.yml"):
        read |= set(re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)", path.read_text()))
    named = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(), re.MULTILINE))
    assert named - read == {"DO_DROPLET_IP", "DO_DATACENTER"}
    assert read <= named
    assert "DO_DATACENTER=ams3" in EXAMPLE.read_text()


def test_nothing_of_kubernetes_reaches_the_droplet() -> None:
    """The specification's MUST NOT: Compose and Traefik stay, and no tool of Kubernetes is called."""
    pipelines = [path for path in (ROOT / "azure-pipelines.yml",) if path.exists()]
    files = [path for path in (ROOT / "deployment").rglob("*") if path.is_file()]
    for path in (*files, *pipelines):
        words = set(re.findall(r"[a-z]+", path.read_text().lower()))
        assert not words & {"kubectl", "helm", "kustomize", "kubeconfig"}, path
        assert "apiVersion: v1" not in path.read_text(), path


def test_slicer_has_the_tables_resources() -> None:
    table = read_table(ROOT / "dev" / "services.yaml")
    slicer = table.services["slicer"].resources
    assert (slicer.requests, slicer.limits) == (
        {"cpu": "500m", "memory": "512Mi"},
        {"cpu": "1", "memory": "1Gi"},
    )
