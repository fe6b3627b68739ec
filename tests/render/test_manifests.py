"""The manifests hold against Kubernetes' own schema, and against what the issue asks of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import kubernetes_validate
import pytest
import yaml
from devkit.model import Table
from devkit.render.artefacts import render
from devkit.render.environment import in_cluster, secret_names

VERSIONS = ["1.29", "1.31", "1.33", "1.35", kubernetes_validate.latest_version()]


def objects(table: Table) -> Iterator[tuple[str, Any]]:
    for path, content in render(table).items():
        if path.startswith("k8s/"):
            for document in yaml.safe_load_all(content):
                yield path, document


def of_kind(table: Table, kind: str) -> dict[str, Any]:
    return {d["metadata"]["name"]: d for _, d in objects(table) if d["kind"] == kind}


def pod(table: Table, name: str) -> Any:
    return of_kind(table, "Deployment")[name]["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
def test_schema(version: str, any_table: Table) -> None:
    for path, document in objects(any_table):
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            pytest.fail(f"{path}: {error.message}")


def test_the_seeds_files_are_all_there(table: Table) -> None:
    names = "namespace postgres redis configmap gateway order-service print-service shipping-service"
    names += " gridflock-service web kubeview"
    expected = {f"k8s/dev/{name}.yaml" for name in names.split()} | {"k8s/dev/secret.yaml.example"}
    assert expected <= render(table).keys()


def test_everything_is_in_the_namespace_and_labelled(any_table: Table) -> None:
    for path, document in objects(any_table):
        if document["kind"] != "Namespace":
            assert document["metadata"]["namespace"] == any_table.namespace, path
        assert document["metadata"]["labels"]["app.kubernetes.io/part-of"] == any_table.name


def test_selectors_select_their_pods(any_table: Table) -> None:
    services = of_kind(any_table, "Service")
    for name, deployment in of_kind(any_table, "Deployment").items():
        template = deployment["spec"]["template"]
        assert deployment["spec"]["selector"]["matchLabels"] == {"app": name}
        assert services[name]["spec"]["selector"] == {"app": name}
        assert template["metadata"]["labels"]["app"] == name
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in services[name]["spec"]["ports"]} <= ports


def test_no_service_carries_a_debug_port(any_table: Table) -> None:
    debug = {s.debug_port for s in any_table.services.values()}
    for service in of_kind(any_table, "Service").values():
        assert not {port["port"] for port in service["spec"]["ports"]} & debug


def test_every_pod_is_restrained(any_table: Table) -> None:
    for name in of_kind(any_table, "Deployment"):
        spec = pod(any_table, name)
        container = spec["containers"][0]
        assert spec["enableServiceLinks"] is False
        assert spec["terminationGracePeriodSeconds"] == 30
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is (
            any_table.services[name].options.get("namespace_reader", False)
        )
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert "cpu" not in container.get("resources", {}).get("limits", {})


def test_our_images_run_as_a_number(any_table: Table) -> None:
    for name, service in any_table.services.items():
        context = pod(any_table, name)["securityContext"]
        if service.type.container.build:
            assert context["runAsNonRoot"] is True
            assert context["runAsUser"] >= 10000
        else:
            assert "runAsUser" not in context


@pytest.mark.parametrize(("debug", "port"), [(True, "probes"), (False, "http")])
def test_probes(table: Table, debug: bool, port: str) -> None:
    """While debug ports are open, what answers them knows that a service stands at a breakpoint."""
    container = pod(table if debug else table.without_debug(), "gateway")["containers"][0]
    for name, path in (
        ("readiness", "/health/ready"),
        ("liveness", "/health/live"),
        ("startup", "/health/live"),
    ):
        assert container[f"{name}Probe"]["httpGet"] == {"path": path, "port": port}
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    given = {one["name"]: one.get("value") for one in container["env"]}
    assert given.get("PROBE_PORT") == (str(ports["probes"]) if debug else None)
    assert ("debug" in ports, "DEBUG_PORT" in given) == (debug, debug)
    assert "probes" not in json.dumps(of_kind(table, "Service")["gateway"])


def test_breakpoint_seconds_follow_debug(table: Table) -> None:
    for debug, seconds in ((True, "3600"), (False, "0")):
        config = of_kind(table if debug else table.without_debug(), "ConfigMap")["app-config"]["data"]
        assert config["BREAKPOINT_SECONDS"] == seconds


def test_a_container_gets_what_the_local_engine_gives(any_table: Table) -> None:
    maps = {name: each.get("data", {}) for name, each in of_kind(any_table, "ConfigMap").items()}
    config = maps["app-config"]
    for name, service in any_table.services.items():
        if service.type.name in ("postgres", "redis"):
            continue
        container = pod(any_table, name)["containers"][0]
        own = container.get("env", [])
        assert len({variable["name"] for variable in own}) == len(own), "a name stands twice"
        plain = {v["name"]: v["value"].replace("$$", "$") for v in own if "value" in v}
        plain |= {
            v["name"]: maps[key["name"]][key["key"]]
            for v in own
            if (key := v.get("valueFrom", {}).get("configMapKeyRef"))
        }
        given = (config if "envFrom" in container else {}) | plain
        wanted = in_cluster(any_table).of(service)
        assert {key: given[key] for key in wanted} == wanted
        secret = [v["valueFrom"]["secretKeyRef"] for v in own if "secretKeyRef" in v.get("valueFrom", {})]
        assert tuple(s["key"] for s in secret) == secret_names(any_table, service)
        optional = {s["key"] for s in secret if s.get("optional")}
        assert optional == {k for k in secret_names(any_table, service) if _is_optional(any_table, k)}


def test_only_what_differs_by_container_is_written_into_a_manifest(any_table: Table) -> None:
    """Every variable of the table is in a ConfigMap, where it can be changed without the manifest."""
    of_the_container = {"DEBUG_PORT", "PROBE_PORT", "RESTART_POLICY"}
    for name, service in any_table.services.items():
        if service.type.name in ("postgres", "redis"):
            continue
        written = {v["name"] for v in pod(any_table, name)["containers"][0].get("env", []) if "value" in v}
        assert written <= of_the_container | {service.type.environment.port_variable}, name


def test_a_changed_variable_restarts_whoever_reads_it_and_nobody_else(table: Table) -> None:
    def checksums(table: Table) -> dict[str, str]:
        found = of_kind(table, "Deployment")
        marks = {
            name: each["spec"]["template"]["metadata"].get("annotations", {}) for name, each in found.items()
        }
        return {name: each["checksum/config"] for name, each in marks.items() if "checksum/config" in each}

    before = checksums(table)
    gateway = table.services["gateway"]
    env = {**gateway.env, "RATE_LIMIT_DEFAULT": replace(gateway.env["RATE_LIMIT_DEFAULT"], default="7")}
    services = {**table.services, "gateway": replace(gateway, env=env)}
    after = checksums(replace(table, services=services))
    assert {name for name in before if before[name] != after[name]} == {"gateway"}
    config = {**table.config, "LOG_LEVEL": replace(table.config["LOG_LEVEL"], default="error")}
    after = checksums(replace(table, config=config))
    shared = {name for name, s in table.services.items() if s.type.environment.configured}
    assert {name for name in before if before[name] != after[name]} == shared


def _is_optional(table: Table, name: str) -> bool:
    return name in table.secrets and table.secrets[name].optional


def test_urls_are_full_names(table: Table) -> None:
    config = of_kind(table, "ConfigMap")["app-config"]["data"]
    assert config["ORDER_SERVICE_URL"] == "http://order-service.forma3d-dev.svc.cluster.local:3001"
    assert "DATABASE_URL" not in config
    assert "REDIS_URL" not in config


def test_the_secret_example_holds_every_secret(any_table: Table) -> None:
    secret = of_kind(any_table, "Secret")["app-secrets"]
    wanted = {name for name, s in any_table.secrets.items() if not s.optional}
    for service in any_table.services.values():
        wanted |= {n for n in secret_names(any_table, service) if not _is_optional(any_table, n)}
    fixed_password = all(
        s.generate is None for n, s in any_table.secrets.items() if "PASSWORD" in n and "DB" in n
    )
    missing = wanted - secret["stringData"].keys()
    assert missing <= (set() if fixed_password else {"DATABASE_URL"})
    for name, declared in any_table.secrets.items():
        if declared.generate is not None:
            assert secret["stringData"][name] == ""


def test_fixed_secrets_stand_in_the_examples_alone(any_table: Table) -> None:
    values = [s.default.encode() for s in any_table.secrets.values() if s.default]
    for path, content in render(any_table).items():
        if path not in ("k8s/dev/secret.yaml.example", ".env.example"):
            assert not [value for value in values if value in content], path


def test_postgres_keeps_its_data(table: Table) -> None:
    claim = of_kind(table, "PersistentVolumeClaim")["postgres-data"]
    assert claim["metadata"]["annotations"]["tilt.dev/down-policy"] == "keep"
    namespace = of_kind(table, "Namespace")[table.namespace]
    assert namespace["metadata"]["annotations"]["tilt.dev/down-policy"] == "keep"
    assert of_kind(table, "Deployment")["postgres"]["spec"]["strategy"] == {"type": "Recreate"}


def test_a_service_of_one_copy_is_never_there_twice(any_table: Table) -> None:
    deployments = of_kind(any_table, "Deployment")
    for name, service in any_table.services.items():
        strategy = deployments[name]["spec"].get("strategy", {}).get("type", "RollingUpdate")
        assert (strategy == "Recreate") == bool(service.one_copy), name


def test_a_proxy_is_told_of_the_cookie_that_keeps_a_browser_with_one_copy(table: Table) -> None:
    told = of_kind(table, "Service")["gateway"]["metadata"]["annotations"]
    about = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    assert told == {about: "true", f"{about}.httponly": "true", f"{about}.name": "server_id"}
    assert "annotations" not in of_kind(table, "Service")["order-service"]["metadata"]


def test_kubeview_reads_its_namespace_and_no_more(table: Table) -> None:
    kinds = {document["kind"] for path, document in objects(table) if path == "k8s/dev/kubeview.yaml"}
    assert kinds == {"Deployment", "Service", "ServiceAccount", "Role", "RoleBinding"}
    rules = of_kind(table, "Role")["kubeview"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list", "watch"}
    assert not any("*" in rule["resources"] + rule["apiGroups"] for rule in rules)
    secrets = [rule for rule in rules if "secrets" in rule["resources"]]
    assert [rule["verbs"] for rule in secrets] == [["list", "watch"]]
