"""`devkit compose gate` at the real stack: it passes while all is well, and says what is wrong otherwise. Each test puts back what it
changes. Certificates are not part of it: Traefik has none here but its own (tests/compose/test_gate.py has an authority)."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from devkit.cli import main

from tests.compose import real
from tests.support.images import docker, inspected
from tests.support.platform import ROOT
from tests.support.registry import pushed
from tests.support.shop import eventually
from tests.support.stack import Stack

pytestmark = [
    pytest.mark.compose,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not real.is_there(), reason=real.MISSING),
]

_Gate = Callable[..., dict[str, Any]]


@pytest.fixture
def gate(running: Stack, capsys: pytest.CaptureFixture[str]) -> _Gate:
    """Asks the gate; returns its report. It exits 1 exactly where an error is found."""

    def ask(*words: str, root: Path = Path(ROOT), context: tuple[str, ...] = ()) -> dict[str, Any]:
        where = ("--connect-to", f"127.0.0.1:{running.port(443)}", "--every", "0.5", "--json")
        command = ["--root", str(root), "compose", "gate", *running.files, *where, *context, *words]
        code = main(command)
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        failed = any(finding["severity"] == "error" for finding in report["findings"])
        assert code == int(failed), report
        return report

    return ask


def said(report: dict[str, Any], severity: str = "error") -> list[str]:
    """What is found, as `id: message`; each has a fix."""
    found = [each for each in report["findings"] if each["severity"] == severity]
    assert severity == "note" or all(each["fix"] for each in found), found
    return [f"{each['id']}: {each['message']}" for each in found]


def results(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"].removeprefix("gate."): check["result"] for check in report["checks"]}


def name_of(running: Stack, service: str) -> str:
    [identifier] = running.containers(service)[service]
    return str(inspected("container", identifier)["Name"]).lstrip("/")


def known_to_traefik(gate: _Gate) -> None:
    """Waits until Traefik sends to every copy: it hears of new ones after some seconds."""
    eventually("Traefik's servers", lambda: not said(gate("--only", "gate.proxy")))


_STOP_OTHERS = "import os; [os.kill(int(p), {}) for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]"


def test_a_healthy_stack_passes(gate: _Gate) -> None:
    known_to_traefik(gate)
    report = gate("--skip", "gate.tls")
    assert said(report) == said(report, "warning") == []
    names = ("docker", "updating", "containers", "ready", "proxy", "images", "migrations", "disk")
    assert results(report) == dict.fromkeys(names, "ok")
    seen = {check["id"]: check["detail"] for check in report["checks"]}
    assert "nothing is pending" in seen["gate.migrations"]
    assert "gateway git-0000001 (" in seen["gate.images"]


def test_traefiks_own_certificate_is_refused(gate: _Gate) -> None:
    [message] = said(gate("--only", "gate.tls"))
    assert message.startswith(
        "gate.tls: staging-connect-api.forma3d.be, staging-connect-events.forma3d.be, staging-connect."
    )
    assert "the certificate is refused: " in message


def test_a_copy_that_is_stopped(running: Stack, gate: _Gate) -> None:
    name = name_of(running, "print-service")
    docker("stop", "--time", "30", name)
    try:
        found = said(gate("--skip", "gate.tls"))
        assert any(
            each.startswith(f"gate.containers: {name} does not run: exited with code ") for each in found
        ), found
        # Nothing the web page needs: who updates that alone is let through.
        assert said(gate("web", "--only", "gate.containers")) == []
    finally:
        docker("start", name)
        running.healthy(("print-service",))


def test_a_copy_that_hangs(running: Stack, gate: _Gate) -> None:
    name = name_of(running, "gateway")
    docker("exec", name, "python", "-c", _STOP_OTHERS.format(signal.SIGSTOP.value))
    docker("kill", "--signal", "STOP", name)
    try:
        eventually(
            "Docker's finding",
            lambda: inspected("container", name)["State"]["Health"]["Status"] == "unhealthy",
        )
        found = said(gate("--skip", "gate.tls"))
        assert any(each.startswith(f"gate.containers: {name} is unhealthy") for each in found), found
        assert any(each.startswith("gate.proxy: Traefik ") and "gateway" in each for each in found), found
        api = (
            "gate.ready: https://staging-connect-api.forma3d.be/health/ready, https://staging-connect-events"
        )
        assert any(each.startswith(api) for each in found), found
    finally:
        docker("kill", "--signal", "CONT", name)
        docker("exec", name, "python", "-c", _STOP_OTHERS.format(signal.SIGCONT.value))
        running.healthy(("gateway",))


def test_a_copy_that_restarted(running: Stack, gate: _Gate) -> None:
    name = name_of(running, "shipping-service")
    docker("exec", name, "python", "-c", "import os; os.kill(1, 15)")
    try:
        eventually("the restart", lambda: inspected("container", name)["RestartCount"] == 1)
        running.healthy(("shipping-service",))
        [message] = said(gate("--only", "gate.containers"))
        assert message.startswith(f"gate.containers: {name} restarted ")
        assert message.endswith(" s ago (1 times in all)")
    finally:
        running.compose("up", "-d", "--no-deps", "--force-recreate", "shipping-service")
        running.healthy(("shipping-service",))


@pytest.fixture
def third_build(running: Stack, images: str) -> Iterator[str]:
    """A tag in the registry with another build of the page."""
    container = docker("create", f"{images}/forma3d-connect-web:git-0000001").stdout.decode().strip()
    made = docker("commit", "--change", "LABEL build=3", container).stdout.decode().strip()
    docker("rm", container)
    pushed(made, f"{images}/forma3d-connect-web:git-0000003")
    yield "git-0000003"
    docker("image", "rm", "--force", made, check=False)


def test_copies_of_different_builds(running: Stack, gate: _Gate, third_build: str) -> None:
    [note] = said(gate("web", "--tag", third_build, "--only", "gate.images"), "note")
    assert note.startswith(
        "gate.images: an update brings other images than those that run: web git-0000001 → git-0000003 ("
    )
    running.set(WEB_IMAGE_TAG=third_build)
    try:
        running.compose("up", "-d", "--no-deps", "--no-recreate", "--scale", "web=2", "web")
        running.healthy(("web",), copies=2)
        known_to_traefik(gate)
        report = gate("web", "--skip", "gate.tls")
        [message] = said(report)
        assert message.startswith("gate.images: copies of web run different images: 1 run ")
        assert said(report, "warning") == ["gate.containers: web runs 2 copies; the files say 1"]
    finally:
        running.set(WEB_IMAGE_TAG="git-0000001")
        running.compose("up", "-d", "--no-deps", "web")
        running.healthy(("web",))


def test_a_tag_that_is_not_there(running: Stack, images: str, gate: _Gate) -> None:
    missing = said(gate("gateway", "--tag", "git-0000009", "--only", "gate.images"))
    assert missing == [
        f"gate.images: {images}/forma3d-connect-gateway:git-0000009, which --tag names for gateway, is not in the registry"
    ]
    report = gate("gateway", "--tag", "git-0000002", "--only", "gate.images")
    assert (said(report), said(report, "note")) == ([], [])  # another tag of the same image


def test_a_disk_without_room(gate: _Gate) -> None:
    [message] = said(gate("--only", "gate.disk", "--free", "1000000"))
    assert message.endswith(
        "are free where Docker keeps its images; wanted are 1000.0 TB, which --free asks for"
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This repository, with migrations of its own."""
    for name in ("apps", "deployment", "dev", "libs"):
        (tmp_path / name).symlink_to(Path(ROOT) / name)
    shutil.copytree(Path(ROOT) / "migrations", tmp_path / "migrations")
    return tmp_path


def add_migration(checkout: Path, statement: str) -> None:
    versions = checkout / "migrations" / "versions"
    newest = sorted(versions.glob("[0-9]*.py"))[-1].read_text()
    [line] = [line for line in newest.splitlines() if line.startswith("revision")]
    head = line.partition("=")[2].strip().strip("\"'")
    (versions / "9999_next.py").write_text(
        f'"""Next."""\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = "9999"\ndown_revision = "{head}"\n'
        f"def upgrade() -> None:\n    op.execute(\"set local lock_timeout = '2s'\")\n    {statement}\n"
        "def downgrade() -> None:\n    raise NotImplementedError\n"
    )


def test_a_pending_migration_that_takes_a_column_away(gate: _Gate, checkout: Path) -> None:
    add_migration(checkout, 'op.drop_column("orders", "email")')
    report = gate("--only", "gate.migrations", root=checkout)
    found = said(report)
    assert any(each.startswith("gate.migrations.drop-column: ") for each in found), report
    [place] = {
        each["place"]["file"] for each in report["findings"] if each["id"] == "gate.migrations.drop-column"
    }
    assert place == "migrations/versions/9999_next.py"


def test_a_pending_migration_that_only_adds(gate: _Gate, checkout: Path) -> None:
    add_migration(checkout, 'op.add_column("orders", sa.Column("gift", sa.Text()))')
    report = gate("--only", "gate.migrations", root=checkout)
    assert said(report) == []
    [note] = said(report, "note")
    assert note.startswith("gate.migrations: 9999_next.py is pending, and only adds; the database is at 000")


def test_a_checkout_that_is_older_than_the_database(gate: _Gate, checkout: Path) -> None:
    newest = sorted((checkout / "migrations" / "versions").glob("[0-9]*.py"))[-1]
    newest.unlink()
    [message] = said(gate("--only", "gate.migrations", root=checkout))
    assert message.startswith("gate.migrations: the database is at migration ")
    assert message.endswith(", which this checkout does not have")


def test_another_context(gate: _Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of its own, which leads to the same Docker; ssh would be another address in it."""
    own = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "cli-plugins"
    if own.is_dir():
        (tmp_path / "cli-plugins").symlink_to(own)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    docker("context", "create", "droplet", "--docker", f"host={host}")
    only = ("--only", "gate.docker", "--only", "gate.proxy")
    report = gate(*only, context=("--context", "droplet"))
    assert results(report) == {"docker": "ok", "proxy": "ok"}
    assert " of droplet, " in report["checks"][0]["detail"]
    [message] = said(gate(*only, context=("--context", "dropplet")))
    assert message == "gate.docker: Docker has no context 'dropplet'"
