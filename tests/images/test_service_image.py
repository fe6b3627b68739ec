"""docker/service.Dockerfile: every service's two images, and how their containers live."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.demo import until
from tests.support.images import Container, container, image, inspected
from tests.support.platform import ROOT, environment, python_services, table
from tests.support.served import tarball

pytestmark = pytest.mark.images

NOWHERE = "127.0.0.1:9"  # a container's own loopback: no database there, so it lives without being ready
SITE = "/opt/venv/lib/python3.11/site-packages"
MAIN = "apps/gateway/src/gateway/main.py"
ROUTE = '\n\n@app.get("/bench")\ndef bench() -> int:\n    return {}\n'


def port(service: str) -> int:
    return int(table()["services"][service]["port"])


def variables(service: str) -> dict[str, str]:
    ports = {name: port(name) for name in python_services()}
    return environment(service, ports, f"postgresql://u:p@{NOWHERE}/d", f"redis://{NOWHERE}")


@pytest.fixture(scope="module")
def dev() -> Iterator[Container]:
    debug = str(table()["services"]["gateway"]["debug_port"])
    with container(image("gateway", "dev"), 3000, variables("gateway") | {"DEBUG_PORT": debug}) as running:
        running.answers("/health/live")
        yield running


@pytest.fixture(scope="module")
def prod() -> Iterator[Container]:
    with container(image("gateway", "prod"), 3000, variables("gateway")) as running:
        running.answers("/health/live")
        yield running


@pytest.mark.parametrize("target", ["dev", "prod"])
@pytest.mark.parametrize("service", python_services())
def test_lives_and_ends_within_its_grace(service: str, target: str) -> None:
    with container(image(service, target), port(service), variables(service)) as running:
        running.answers("/health/live")
        code = running.stop()
        assert code in (0, 143), running.log()[-2000:]


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_runs_as_a_numeric_user(target: str) -> None:
    config = inspected("image", image("gateway", target))["Config"]
    assert config["User"] == "10001:10001"
    assert config["WorkingDir"] == "/app"
    assert "PYTHONPATH=/app/apps/gateway/src:/app/libs" in config["Env"]


def test_dev_may_write_where_live_sync_does(dev: Container) -> None:
    script = (
        "for p in apps/gateway apps/gateway/src apps/gateway/src/gateway libs libs/common migrations/versions; do"
        " test -w /app/$p || echo /app/$p; done; test -w /app/libs/common/logs.py || echo files; command -v tar >&2"
    )
    assert dev.run("sh", "-c", script) == ""


def test_prod_may_write_nowhere_and_has_no_tools_for_development(prod: Container) -> None:
    assert prod.run("sh", "-c", "find /app /opt -writable -not -type l") == ""
    left = prod.run(
        "sh", "-c", f"cd {SITE}; ls -d debugpy* watchfiles* devserve* pytest* pip* 2>/dev/null || true"
    )
    assert left == ""
    assert prod.run(
        "sh", "-c", "ls /app/apps/gateway/src/gateway/__pycache__/main.*.pyc /app/libs/common/__pycache__"
    )


@pytest.mark.parametrize("which", ["dev", "prod"])
def test_no_compiler(which: str, request: pytest.FixtureRequest) -> None:
    running: Container = request.getfixturevalue(which)
    assert running.run("sh", "-c", "for p in cc gcc make; do command -v $p; done; true") == ""


def test_nothing_but_this_service_and_what_all_share(dev: Container) -> None:
    assert dev.run("ls", "/app", "/app/apps").split() == [
        "/app:",
        "apps",
        "libs",
        "migrations",
        "/app/apps:",
        "gateway",
    ]
    assert dev.run("sh", "-c", "find /app -name '*.pyc' -o -name .env -o -name secret.yaml") == ""


def test_prod_says_how_it_is(prod: Container) -> None:
    def health() -> str:
        return str(inspected("container", prod.name)["State"]["Health"]["Status"])

    until(lambda: health() == "healthy", 40, "the health check")


def test_a_synced_file_answers_in_the_running_container(dev: Container) -> None:
    text = (ROOT / MAIN).read_text()
    for version in (1, 2):
        synced = tarball({f"app/{MAIN}": text + ROUTE.format(version)})
        dev.run("tar", "-C", "/", "-x", "-f", "-", data=synced)
        until(lambda version=version: dev.answers("/bench").json() == version)  # type: ignore[misc]
    dev.run("tar", "-C", "/", "-x", "-f", "-", data=tarball({"app/libs/common/passing.py": "x = 1\n"}))
    dev.run("rm", "-rf", "/app/libs/common/passing.py")
    dev.run("tar", "-C", "/", "-x", "-f", "-", data=tarball({f"app/{MAIN}": text}))
    until(lambda: dev.get("/bench").status_code == 404)


def test_the_debug_port_listens_on_loopback_alone(dev: Container) -> None:
    look = (
        "for line in open('/proc/net/tcp').readlines()[1:]:\n"
        "    local, state = line.split()[1], line.split()[3]\n"
        "    if state == '0A': print(local)\n"
    )
    listening = set(dev.run("python", "-c", look).split())
    assert f"0100007F:{int(table()['services']['gateway']['debug_port']):04X}" in listening
    assert "00000000:0BB8" in listening, "port 3000 on all addresses"
    assert not [place for place in listening if place.startswith("00000000") and not place.endswith(":0BB8")]


def test_orphans_are_reaped(dev: Container) -> None:
    dev.run("sh", "-c", "(sleep 0.2 &) ; true")
    zombies = "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true"
    until(lambda: "sleep" not in dev.run("sh", "-c", "cat /proc/[0-9]*/comm"), what="the end of the orphan")
    assert dev.run("sh", "-c", zombies).strip() == "0"
