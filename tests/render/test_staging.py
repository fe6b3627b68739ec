"""What staging gets from the table: read back as Compose reads it, it is what the table says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from devkit.compose import load_project, read_project
from devkit.model import Table
from devkit.render.environment import connections, in_cluster, secret_names
from devkit.render.staging import in_examples, staging_files

EXAMPLE = ".env.example"


@pytest.fixture
def folder(any_table: Table, tmp_path: Path) -> Path:
    for path, text in staging_files(any_table).items():
        (tmp_path / Path(path).name).write_text(text, encoding="utf-8")
    return tmp_path


def services_of(folder: Path, **environment: str) -> dict[str, Any]:
    """The services of the generated file with a store that runs beside it, as the hand-written one would have it."""
    stores = folder / "stores.yml"
    stores.write_text("services: {redis: {image: redis}, cache: {image: redis}}\n")
    found: Any = read_project(
        [folder / "apps.compose.yml", stores], environment=environment, env_files=[folder / EXAMPLE]
    ).data()
    services: dict[str, Any] = found["services"]
    return services


def test_a_service_gets_what_it_gets_everywhere(any_table: Table, folder: Path) -> None:
    """The same names as in Kubernetes and on a developer's machine."""
    services = services_of(folder)
    for service in any_table.deployed():
        wanted = {*in_cluster(any_table).of(service), *secret_names(any_table, service)}
        assert set(services[service.name]["environment"]) == wanted, service.name


def test_values_arrive_as_the_table_has_them(any_table: Table, folder: Path) -> None:
    """Signs that mean something to YAML or to Compose included."""
    cluster = in_cluster(any_table)
    services = services_of(folder, VITE_API_URL="https://api.example.com")
    for service in any_table.deployed():
        environment = services[service.name]["environment"]
        variables = any_table.config if service.type.environment.configured else {}
        for name, variable in {**variables, **service.env}.items():
            staged = cluster.staging_value(variable)
            if staged is not None:
                assert environment[name] == in_examples(any_table, staged), name


def test_secrets_come_from_the_environment_alone(any_table: Table, folder: Path) -> None:
    wanted = {name for service in any_table.deployed() for name in secret_names(any_table, service)}
    given = {name: f"{name}-$x" for name in wanted}
    services = services_of(folder, **given)
    for service in any_table.deployed():
        for name in secret_names(any_table, service):
            assert services[service.name]["environment"][name] == f"{name}-$x"
    text = (folder / "apps.compose.yml").read_text()
    assert not any(secret.default and f'"{secret.default}"' in text for secret in any_table.secrets.values())


def test_what_is_missing_is_named_before_anything_starts(any_table: Table, folder: Path) -> None:
    (folder / "empty.env").write_text("")
    _, findings = load_project(
        [folder / "apps.compose.yml"], environment={}, env_files=[folder / "empty.env"]
    )
    assert any("set it in .env, see .env.example" in finding.message for finding in findings), findings


def test_the_example_has_every_variable_and_no_secret(any_table: Table, folder: Path) -> None:
    lines = [line.split("=", 1) for line in (folder / EXAMPLE).read_text().splitlines() if "=" in line]
    values = {name: value for name, value in lines if name.isupper()}
    wanted = {name for service in any_table.deployed() for name in secret_names(any_table, service)}
    tags = {service.tag_variable for service in any_table.deployed()}
    assert any_table.staging is not None
    assert {*wanted, *tags, *any_table.staging.variables} <= set(values)
    made_there = {
        name
        for name, (server, _) in connections(any_table).items()
        if server.name in any_table.staging.stores
    }
    assert all(values[name] == "" for name in wanted - made_there)
    assert all(values[name].startswith("redis://") for name in made_there & wanted)


def test_a_fixed_secret_of_development_stays_there(any_table: Table, folder: Path) -> None:
    example = (folder / EXAMPLE).read_text()
    assert not any(secret.default and secret.default in example for secret in any_table.secrets.values())


def test_a_table_without_staging_gets_none(table: Table) -> None:
    assert staging_files(replace(table, staging=None)) == {}


def test_a_service_that_may_not_run_twice_is_stopped_first(shop: Table, tmp_path: Path) -> None:
    for path, text in staging_files(shop).items():
        (tmp_path / Path(path).name).write_text(text, encoding="utf-8")
    services = services_of(tmp_path, VITE_API_URL="x")
    orders = {
        name: fields["deploy"]["update_config"]["order"]
        for name, fields in services.items()
        if "deploy" in fields
    }
    assert orders == {"order-service": "start-first", "stock": "stop-first", "page": "start-first"}
