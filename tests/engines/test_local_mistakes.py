"""What people get wrong is answered soon, with the reason, and fixed without a fresh start where that is possible."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo, until
from tests.support.polling import PATIENCE
from tests.support.storage import free_port


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


@pytest.fixture
def running(platform: Demo) -> Demo:
    return platform.is_up()


@pytest.fixture
def stopped(platform: Demo) -> Demo:
    platform.devkit("down")
    return platform


def set_secret(platform: Demo, name: str, value: str) -> None:
    subprocess.run(
        platform.command("secrets", "set", name), input=value, env=platform.environment(), text=True, check=True,
        capture_output=True,
    )  # fmt: skip


def test_a_changed_variable_reaches_the_services_that_have_it(running: Demo) -> None:
    table = running.root / "dev" / "services.yaml"
    text = table.read_text()
    table.write_text(text.replace("default: hello", "default: good morning"))
    until(lambda: running.get("hello")["says"] == "good morning")
    until(lambda: running.get("other")["says"] == "good morning")
    table.write_text("services: [")
    until(lambda: "dev/services.yaml:2:1" in (running.root / ".devkit/logs/devkit.log").read_text())
    assert running.get("hello")["says"] == "good morning", "a broken table must not touch what runs"
    table.write_text(text)
    until(lambda: running.get("hello")["says"] == "hello")


def test_status_asks_whether_the_ready_are_ready(running: Demo) -> None:
    running.edit("other", r'return \{"status": "ok"\}', 'raise RuntimeError("not now")')
    until(lambda: running.statuses()["other"]["state"] != "ready")
    running.edit("other", r'raise RuntimeError\("not now"\)', 'return {"status": "ok"}')
    until(lambda: running.statuses()["other"]["state"] == "ready")


def test_a_secret_file_that_went_is_made_anew_and_taken_over(running: Demo) -> None:
    file = running.root / "k8s" / "dev" / "secret.yaml"
    file.unlink()
    until(file.exists)
    until(lambda: running.devkit("db", "status").returncode == 0)


def test_a_broken_migration_is_one_line(running: Demo) -> None:
    broken = running.root / "migrations" / "versions" / "0002_broken.py"
    broken.write_text(
        'from alembic import op\nrevision, down_revision = "0002", "0001"\n\n\n'
        'def upgrade() -> None:\n    op.execute("creat table x()")\n'
    )
    done = running.devkit("db", "migrate", check=False)
    broken.unlink()
    assert done.returncode == 1
    assert "0002_broken.py:6:" in done.stderr
    assert 'syntax error at or near "creat"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_changed_password_is_not_taken_for_an_external_database(stopped: Demo) -> None:
    stopped.up()
    stopped.devkit("down")
    set_secret(stopped, "POSTGRES_PASSWORD", "geheim: eins/")
    done = stopped.devkit("up", "--detach", check=False)
    set_secret(stopped, "POSTGRES_PASSWORD", "demo")
    assert done.returncode == 1
    assert "refuses the password" in done.stderr
    assert "geheim" not in done.stderr
    until(
        lambda: stopped.statuses()["db-migrate"]["state"] == "done",
        what="the recovery after the right password",
    )


def test_an_unreachable_external_database_is_named_soon(stopped: Demo) -> None:
    url = f"postgresql://me@127.0.0.1:{free_port()}/mine"
    done = stopped.devkit("up", "--detach", "--database-url", url, check=False)
    assert done.returncode == 1
    assert "no database at 127.0.0.1" in done.stderr
    assert "refused" in done.stderr
    assert "leave --database-url (DATABASE_URL in secret.yaml) out" in done.stderr
    assert "./devkit up starts" not in done.stderr, "up tells whoever called up to call up"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://u@[::1/x", "is not a URL"),
        ("postgresql://", "is not complete"),
        ("postgresql://u@h:abc/x", "is not a URL"),
        ("mysql://u@h/x", "is not complete"),
        ("postgresql://u@h/x?password=geheim", "a password does not belong on the command line"),
    ],
)
def test_a_wrong_database_url_is_refused_at_once(stopped: Demo, url: str, message: str) -> None:
    done = stopped.devkit("up", "--detach", "--database-url", url, check=False)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert "geheim" not in done.stderr


def test_a_reader_that_leaves_stops_everything(stopped: Demo) -> None:
    with stopped.foreground() as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=PATIENCE) == 0
    assert stopped.devkit("status", check=False).returncode == 1


def test_the_foreground_says_where_to_look(stopped: Demo) -> None:
    with stopped.foreground() as process:
        assert process.stdout is not None
        shown = []
        for line in process.stdout:
            shown.append(line)
            if "next: ./devkit" in line:
                break
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert any("everything is up" in line for line in shown)


def test_up_says_first_what_doctor_sees(stopped: Demo) -> None:
    proxy = "http://me:planted-password@proxy.example:3128"
    done = stopped.devkit("up", "--detach", "hello", HTTP_PROXY=proxy, NO_PROXY="", no_proxy="")
    try:
        told = done.stderr[: done.stderr.index("ready")]
        assert re.search(r"^devkit: doctor found\nwarning: HTTP_PROXY .*localhost", told, re.M), done.stderr
        assert "planted-password" not in done.stdout + done.stderr
    finally:
        stopped.devkit("down")
    table = stopped.root / "dev" / "services.yaml"
    before = table.read_text()
    try:
        table.write_text(before + "suppress:\n  - {id: network.proxy, reason: ours, until: 2999-12-31}\n")
        assert "doctor found" not in stopped.devkit("up", "--detach", "hello", HTTP_PROXY=proxy).stderr
    finally:
        stopped.devkit("down")
        table.write_text(before)
