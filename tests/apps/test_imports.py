"""What importing a service costs and leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.platform import ROOT, environment, python_services, table
from tests.support.storage import free_port

WITH_DATABASE = {name for name in python_services() if "postgres" in table()["services"][name]["needs"]}
FORBIDDEN = {
    "opentelemetry.sdk": set(),
    "grpc": set(),
    "sentry_sdk": set(),
    "alembic": set(),
    "argon2": {"gateway"},
    "limits": {"gateway"},
    "socketio": {"gateway", "order-service"},
    "sqlalchemy": WITH_DATABASE,
    "procrastinate": WITH_DATABASE,
}


@pytest.mark.parametrize("service", python_services())
def test_a_service_imports_only_what_is_switched_on(service: str) -> None:
    ports = {name: free_port() for name in python_services()}
    env = environment(service, ports, "postgresql://h/d", "redis://h:1")
    paths = os.pathsep.join([str(ROOT / "apps" / service / "src"), str(ROOT / "libs")])
    module = service.replace("-", "_")
    # The local engine forks services: what importing one leaves running or open would not survive that.
    code = (
        f"import os, sys, threading, {module}.main\n"
        "links = [os.readlink(e.path) for e in os.scandir('/proc/self/fd') if os.path.islink(e.path)]\n"
        "print(threading.active_count(), sum('socket' in l or 'event' in l for l in links), *sys.modules)"
    )
    threads, sockets, *loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**env, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert (threads, sockets) == ("1", "0")
    for module, allowed in FORBIDDEN.items():
        assert module not in loaded or service in allowed, f"{service} imports {module}"
