"""devkit on a repository that is not this one: other services, other folders, no Postgres, called from a folder of it."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import until, write_launcher
from tests.support.foreign import Foreign, write_foreign
from tests.support.platform import ROOT, table
from tests.support.tilt import Tilt

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: bare
clusters: [{name: bare, cluster: {server: "https://127.0.0.1:6443"}}]
users: [{name: bare, user: {}}]
contexts: [{name: bare, context: {cluster: bare, user: bare}}]
"""


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    """Rendered, not started."""
    platform = write_foreign(tmp_path_factory.mktemp("foreign") / "bakery")
    done = platform.devkit("generate")
    assert done.returncode == 0, done.stdout + done.stderr
    yield platform
    platform.devkit("down", "--engine", "local")


def test_what_is_rendered_speaks_of_its_services_alone(bakery: Foreign) -> None:
    assert {path.stem for path in (bakery.root / "k8s/dev").glob("*.yaml")} >= {
        "oven",
        "counter",
        "shopwindow",
    }
    ours = {name for name in table()["services"] if name not in ("web",)} | {"forma3d", "DATABASE_URL"}
    for path in bakery.root.rglob("*"):
        if path.is_file() and path.name != "Tiltfile" and ".devkit" not in path.parts:
            text = path.read_text("utf-8", "replace")
            found = [
                word
                for word in ours
                if word in text and not (word in ("postgres", "redis") and "schema" in path.name)
            ]
            assert not found, (path, found)
    settings = (bakery.root / ".vscode/settings.json").read_text()
    assert '"common/python"' in settings
    assert '"services/oven/code"' in settings


def test_generate_check_is_content(bakery: Foreign) -> None:
    done = bakery.devkit("generate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_named_by_root_it_is_the_same_repository_from_anywhere(bakery: Foreign) -> None:
    there, named = bakery.devkit("plan"), bakery.devkit("--root", str(bakery.root), "plan", cwd=Path("/"))
    assert there.returncode == 0, there.stderr
    assert named.stdout == there.stdout
    plan = json.loads(there.stdout)
    assert [part["name"] for part in plan["resources"]] == ["oven", "counter", "shopwindow"]
    oven, counter = (part["build"] for part in plan["resources"][:2])
    assert oven["dockerfile"] == "services/oven/Dockerfile"
    assert oven["args"] == {"SERVICE": "oven", "FOLDER": "services/oven", "SOURCE": "code"}
    assert {step["from"] for step in oven["sync"]} == {"services/oven/code", "common/python"}
    assert counter["only"] == ["services/counter"]
    assert "COPY --from=devkit-files" in counter["dockerfile_contents"]
    # There is no launcher in that repository.
    assert {task["name"] for task in plan["tasks"]} == {"tunnel"}
    assert {button["command"][0] for button in plan["buttons"]} == {str(Path(ROOT) / "devkit")}


def test_tilt_evaluates_a_copy_of_the_tiltfile_there(bakery: Foreign, tmp_path: Path) -> None:
    launcher = write_launcher(tmp_path)
    kubeconfig, context = tmp_path / "kubeconfig", "bare"
    kubeconfig.write_text(_KUBECONFIG)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {
        "DEVKIT": str(launcher),
        "KUBECONFIG": str(kubeconfig),
        "DEVKIT_ALLOW_CONTEXT": context,
    }
    tilt = Tilt(
        bakery.root, environment=environment, context=context, subcommand="up", settings_given={}
    ).evaluate()
    assert set(tilt.images) == {f"registry.example.com/bakery-{name}" for name in ("oven", "counter")}
    assert tilt.images["registry.example.com/bakery-counter"]["contents"].count("FROM ") >= 3


def test_doctor_speaks_of_this_machine_and_of_no_other_platform(bakery: Foreign) -> None:
    done = bakery.devkit("doctor", "--json")
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert "Traceback" not in done.stderr
    text = json.dumps(report)
    for word in ("forma3d", "crashed", "order-service", "DATABASE_URL"):
        assert word not in text, word


@pytest.mark.parametrize("arguments", [("graph",), ("webhook", "list"), ("secrets", "check")])
def test_commands_that_only_look(arguments: tuple[str, ...], bakery: Foreign) -> None:
    if arguments[0] == "secrets":
        bakery.devkit("secrets", "init")
    done = bakery.devkit(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    if arguments[0] in ("graph", "webhook"):
        assert "oven" in done.stdout or "github" in done.stdout


def test_a_database_that_is_not_there_is_said_so(bakery: Foreign) -> None:
    done = bakery.devkit("db", "status")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no postgres service of the table has migrations" in done.stderr


def test_it_really_runs(bakery: Foreign) -> None:
    up = bakery.devkit("up", "--engine", "local", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    assert f"devkit: this is about the platform in {bakery.root}" in up.stderr
    assert "next: ./devkit webhook github push   ./devkit status" in up.stdout
    said = json.loads(_get(bakery, "oven"))
    assert (said["version"], said["flour"]) == (1, "rye")
    assert json.loads(said["routes"])["github"]["address"] == "COUNTER_URL"

    status = bakery.devkit("status", cwd=bakery.root)
    assert status.returncode == 0, status.stdout + status.stderr
    assert "oven" in status.stdout
    logs = bakery.devkit("logs", "oven")
    assert logs.returncode == 0, logs.stderr

    for file, before, after in (
        ("services/oven/code/oven_app/asgi.py", "VERSION = 1", "VERSION = 2"),
        ("common/python/flour/__init__.py", "rye", "oats"),
    ):
        path = bakery.root / file
        path.write_text(path.read_text().replace(before, after))
    until(lambda: json.loads(_get(bakery, "oven"))["version"] == 2, what="the service's own save")
    until(lambda: json.loads(_get(bakery, "oven"))["flour"] == "oats", what="the shared folder's save")
    if shutil.which("node"):
        assert _get(bakery, "counter") == "version 1"
        server = bakery.root / "services/counter/lib/server.mjs"
        server.write_text(server.read_text().replace("version 1", "version 2"))
        until(lambda: _get(bakery, "counter") == "version 2", what="the save of Node.js")

    down = bakery.devkit("--root", str(bakery.root), "down", cwd=Path("/"))
    assert down.returncode == 0, down.stderr
    assert "this is about the platform" not in down.stderr
    assert bakery.devkit("status").returncode != 0


def test_a_table_that_does_not_say_what_is_shared_is_answered_with_the_key(tmp_path: Path) -> None:
    platform = write_foreign(tmp_path / "bakery")
    file = platform.root / "dev/services.yaml"
    (platform.root / "common/flour").mkdir()
    (platform.root / "common/flour/__init__.py").touch()
    file.write_text(file.read_text().replace("shared: [common/python]\n", ""))
    done = platform.devkit("generate")
    assert done.returncode == 2
    assert "`oven` imports `flour` from common/, which the table does not list as shared" in done.stderr
    assert "add `shared: [common]` above `services:`" in done.stderr


def test_a_service_without_a_dockerfile_is_named(tmp_path: Path) -> None:
    platform = write_foreign(tmp_path / "bakery")
    file = platform.root / "dev/services.yaml"
    file.write_text(file.read_text().replace("    dockerfile: services/oven/Dockerfile\n", ""))
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(_KUBECONFIG)
    done = platform.devkit(
        "plan", "--context", "bare", KUBECONFIG=str(kubeconfig), DEVKIT_ALLOW_CONTEXT="bare"
    )
    assert done.returncode == 2, done.stderr
    assert "`oven` is built from docker/service.Dockerfile, which is not a file" in done.stderr
    assert "dev/services.yaml:9:3: " in done.stderr


def _get(bakery: Foreign, name: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{bakery.ports[name]}/", timeout=20) as answer:
        return str(answer.read().decode())
