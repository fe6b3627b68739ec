"""A service whose environment is wrong says what is wrong, in a line a variable, and stops."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Mapping

import pytest
from common.settings import PlatformSettings, ServiceSettings

from tests.support.platform import ROOT, SECRETS, environment, python_services

PORTS = {name: 3000 + index for index, name in enumerate(python_services())}
# Any text is right for these, none too, but white space is not.
PREVIOUS = {
    f"{name}_PREVIOUS"
    for name in ("SHOPIFY_CLIENT_SECRET", "SIMPLYPRINT_WEBHOOK_TOKEN", "SENDCLOUD_SECRET_KEY")
}
OPTIONAL = {"OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN", "APP_PORT", *PREVIOUS}
# What the service must not take for each variable; secrets and the like are wrong when they are blank.
MALFORMED = {
    "PROVIDER_SIM_URL": "ftp://sim:3005",
    "NODE_ENV": "prod-like",
    "LOG_LEVEL": "loud",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317",
    "SENTRY_DSN": "https://no-key.example.com",
    "APP_PORT": "70000",
    "DATABASE_URL": "mysql://host/db",
    "REDIS_URL": "localhost:6379",
    "RATE_LIMIT_DEFAULT": "many",
    "TRUSTED_PROXIES": "the proxy",
    "SIGN_IN_BLOCK_SECONDS": "-9",
    "WEBHOOK_SKIP_VERIFICATION": "perhaps",
    "WEB_URL": "localhost:4200",
    "LOGIN_EMAIL": "nobody",
    "GRIDFLOCK_MAX_CELLS": "-7",
    "SIM_SPEED": "-1",
    "SIMPLYPRINT_API_URL": "ftp://simplyprint",
    "SIMPLYPRINT_COMPANY_ID": "forma/3",
    "SENDCLOUD_API_URL": "sendcloud",
    "SIMPLYPRINT_WEBHOOK_URL": "webhooks/simplyprint",
    "SENDCLOUD_WEBHOOK_URL": "localhost",
    **dict.fromkeys(PREVIOUS, " "),
    **{f"{name.replace('-', '_').upper()}_URL": "tcp://10.0.0.1:80" for name in python_services()},
}


def settings_of(service: str) -> type[PlatformSettings]:
    """The service's settings class."""
    try:
        module = importlib.import_module(f"{service.replace('-', '_')}.settings")
    except ModuleNotFoundError:
        return ServiceSettings
    found: type[PlatformSettings] = module.Settings
    return found


def right(service: str) -> dict[str, str]:
    """An environment that is as the table says."""
    return environment(service, PORTS, "postgresql://forma3d:hush-hush@h/db", "redis://:hush-hush@h:1/0")


def named_by_routes(env: Mapping[str, str]) -> set[str]:
    """The variables that WEBHOOK_ROUTES names, which the service reads because of that."""
    rows = json.loads(env.get("WEBHOOK_ROUTES", "{}")).values()
    return {row[key] for row in rows for key in ("address", "secret", "previous") if key in row}


CASES = [(service, variable) for service in python_services() for variable in right(service)]


def only(monkeypatch: pytest.MonkeyPatch, env: Mapping[str, str]) -> None:
    """Makes `env` the whole environment."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("service", python_services())
def test_the_table_is_enough(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, right(service))
    settings = settings_of(service).load(service)
    shown = repr(settings)
    assert "test-secret" not in shown
    assert "test-key" not in shown


@pytest.mark.parametrize(("service", "variable"), CASES)
def test_a_missing_variable_is_named(
    service: str, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env = right(service)
    del env[variable]
    only(monkeypatch, env)
    if variable in OPTIONAL:
        settings_of(service).load(service)
        return
    with pytest.raises(SystemExit) as stop:
        settings_of(service).load(service)
    assert stop.value.code == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{service}: {variable} is missing: expected ")


@pytest.mark.parametrize(("service", "variable"), CASES)
def test_a_malformed_variable_is_named_without_its_value(
    service: str, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value = MALFORMED.get(variable, "")
    only(monkeypatch, {**right(service), variable: value})
    with pytest.raises(SystemExit) as stop:
        settings_of(service).load(service)
    assert stop.value.code == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{service}: {variable} is malformed: expected ")
    assert not value.strip() or value not in lines[0]


@pytest.mark.parametrize(
    ("service", "variable"), [case for case in CASES if case[1] in SECRETS and case[1] != "SENTRY_DSN"]
)
@pytest.mark.parametrize("white", [" ", "\t\n", "\u00a0"])
def test_white_space_is_no_secret(
    service: str,
    variable: str,
    white: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    only(monkeypatch, {**right(service), variable: white})
    with pytest.raises(SystemExit):
        settings_of(service).load(service)
    expected = (
        "expected empty, or the secret before" if variable in PREVIOUS else "expected a secret, not blank"
    )
    assert f"{variable} is malformed: {expected}" in capsys.readouterr().err


@pytest.mark.parametrize("service", python_services())
def test_the_process_stops_with_those_lines_and_nothing_else(service: str) -> None:
    paths = os.pathsep.join([str(ROOT / "apps" / service / "src"), str(ROOT / "libs")])
    env = {"PATH": os.defpath, "PYTHONPATH": paths, **right(service), "LOG_LEVEL": "loud"}
    del env["NODE_ENV"]
    app = f"{service.replace('-', '_')}.main:app"
    answer = subprocess.run(
        [sys.executable, "-m", "uvicorn", app, "--port", "0"], env=env, capture_output=True, text=True
    )
    assert answer.returncode == 78
    assert answer.stderr.splitlines() == [
        f"{service}: LOG_LEVEL is malformed: expected one of debug, info, warning, error",
        f"{service}: NODE_ENV is missing: expected one of development, test, staging, production",
    ]


def test_the_environment_is_read_in_one_place_only() -> None:
    """Settings come through pydantic-settings; nothing reads the environment beside it."""
    for path in [*ROOT.glob("apps/*/src/**/*.py"), *ROOT.glob("libs/common/*.py")]:
        with tokenize.open(path) as file:
            names = {token.string for token in tokenize.generate_tokens(file.readline)}
        assert not names & {"environ", "getenv", "dotenv"}, f"{path} reads the environment"


def test_every_variable_of_a_service_is_a_setting_and_the_other_way_round() -> None:
    for service in python_services():
        given = set(right(service))
        known = {name.upper() for name in settings_of(service).model_fields}
        known |= named_by_routes(right(service))
        assert given <= known, service
        assert known - given <= OPTIONAL, f"{service} has settings that the table does not give"
