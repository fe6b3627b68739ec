"""What a table may say of services of type node and go, and what follows from it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import kubernetes_validate
import pytest
import yaml
from devkit.model import Absent, LocalSite, Table
from devkit.render.artefacts import render, render_manifests
from devkit.render.dockerfile import self_contained
from devkit.render.editor.extensions import extensions_file
from devkit.render.editor.launch import launch_file
from devkit.render.plan import plan_document
from devkit.table.load import parse_table, read_table
from devkit.types.registry import BUILT_IN

from tests.render.editor.steps import write
from tests.render.test_linter import EXCEPTIONS
from tests.support.scaffolded import write_platform

MADE = ("node", "go")
_HEAD = "version: 1\nname: shop\nnamespace: shop-dev\nimage_prefix: shop\nservices:\n"


def findings(
    type_name: str, more: Mapping[str, object] = MappingProxyType({}), without: str = ""
) -> list[str]:
    """What is said of a table with one service of the type."""
    row: dict[str, object] = {
        "type": type_name, "about": "One.", "port": 3000, "debug_port": 9229,
        "probes": {"live": "/health/live", "ready": "/health/ready"}, **more,
    }  # fmt: skip
    row.pop(without, None)
    _, found = parse_table(f"{_HEAD}  one: {json.dumps(row)}\n", "dev/services.yaml")
    return [f"{each.message} → {each.fix}" for each in found]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    write_platform(tmp_path, MADE)
    return read_table(tmp_path / "dev/services.yaml")


@pytest.mark.parametrize(
    ("type_name", "more"),
    [
        ("node", {}),
        ("node", {"main": "src/server.mjs"}),
        ("node", {"main": "lib/http/server.cjs", "path": "apps/elsewhere"}),
        ("go", {}),
        ("go", {"package": "./cmd/server", "module": "example.org/shop/one"}),
    ],
)
def test_good_rows(type_name: str, more: dict[str, object]) -> None:
    assert findings(type_name, more) == []


@pytest.mark.parametrize(
    ("type_name", "more"),
    [
        ("node", {"main": "main.js"}),
        ("node", {"main": "../src/main.js"}),
        ("node", {"main": "/src/main.js"}),
        ("node", {"main": "src/../main.js"}),
        ("node", {"main": "src/main.ts"}),
        ("node", {"main": "--eval/x.js"}),
        ("node", {"main": "src/main.js\n"}),
        ("node", {"package": "."}),
        ("node", {"app": "one.main:app"}),
        ("node", {"image": "node:20"}),
        ("go", {"package": "cmd/server"}),
        ("go", {"package": "./../other"}),
        ("go", {"package": "-toolexec=x"}),
        ("go", {"module": "a b"}),
        ("go", {"main": "src/main.js"}),
    ],
)
def test_refused_rows(type_name: str, more: dict[str, object]) -> None:
    assert len(findings(type_name, more)) == 1, findings(type_name, more)


@pytest.mark.parametrize("type_name", MADE)
@pytest.mark.parametrize("key", ["debug_port", "probes", "port"])
def test_required_keys(type_name: str, key: str) -> None:
    assert findings(type_name, without=key)


def test_defaults(table: Table) -> None:
    assert table.services["my-node"].options == {"main": "src/main.js"}
    assert table.services["my-go"].options == {"package": ".", "module": "my-go"}
    assert {service.path for service in table.services.values()} == {"apps/my-node", "apps/my-go"}


@pytest.mark.parametrize("version", ["1.29", "1.33", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("debug", [True, False])
def test_manifests_are_valid(table: Table, version: str, debug: bool) -> None:
    for path, content in render_manifests(table if debug else table.without_debug()).items():
        for document in yaml.safe_load_all(content):
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                pytest.fail(f"{path}: {error.message}")


def container(table: Table, name: str) -> Any:
    documents = yaml.safe_load_all(render_manifests(table)[f"k8s/dev/{name}.yaml"])
    deployment = next(each for each in documents if each["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 10001
    return deployment["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("name", ["my-node", "my-go"])
def test_probes_and_ports(table: Table, name: str) -> None:
    """A service at a breakpoint answers nobody: while there is a debug port, that must not kill it."""
    debugged, plain = container(table, name), container(table.without_debug(), name)
    assert "livenessProbe" not in debugged
    assert plain["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "http"}
    for each in (debugged, plain):
        assert each["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert [port["name"] for port in debugged["ports"]] == ["http", "debug"]
    assert [port["name"] for port in plain["ports"]] == ["http"]
    given = {each["name"]: each["value"] for each in plain["env"] if "value" in each}
    assert given["APP_PORT"] == str(table.services[name].port)
    assert "DEBUG_PORT" not in given


def test_the_inspector_listens_on_loopback_alone(table: Table) -> None:
    port = table.services["my-node"].debug_port
    assert container(table, "my-node")["command"] == [
        "node", "/opt/dev.mjs", "src", f"--inspect=127.0.0.1:{port}", "src/main.js",
    ]  # fmt: skip
    assert not any("inspect" in word for word in container(table.without_debug(), "my-node")["command"])


@pytest.mark.skipif(shutil.which("kube-score") is None, reason="needs kube-score")
@pytest.mark.parametrize("debug", [True, False])
def test_manifests_pass_the_linter(table: Table, tmp_path: Path, debug: bool) -> None:
    files = []
    for path, content in render(table if debug else table.without_debug()).items():
        if path.startswith("k8s/dev/my-"):
            file = tmp_path / Path(path).name
            file.write_bytes(content)
            files.append(str(file))
    done = subprocess.run(
        ["kube-score", "score", "--output-format", "json", *files], capture_output=True, text=True, timeout=60
    )
    failed = {
        check["check"]["id"]
        for one in json.loads(done.stdout)
        for check in one.get("checks") or []
        if not check.get("skipped") and check["grade"] < 10
    }
    assert len(files) == 2
    # With a debug port there is no liveness probe.
    assert failed <= EXCEPTIONS.keys() | ({"pod-probes"} if debug else set())


def test_the_plan_builds_from_what_it_names(table: Table) -> None:
    for part in plan_document(table)["resources"]:
        build = part["build"]
        # Nothing that is built lies in devkit's folder, which another repository does not have.
        assert build["only"] == [f"apps/{part['name']}"]
        copied = re.findall(
            r"^COPY (?!--from)(?:--chown=\S+ )?(\S+)", build["dockerfile_contents"], re.MULTILINE
        )
        assert all(path.startswith("$FOLDER") for path in copied)
        assert build["args"] == {"SERVICE": part["name"], "FOLDER": f"apps/{part['name']}"}
        assert all(entry["to"] == f"/app/{entry['from']}" for entry in build["sync"])


@pytest.mark.parametrize("type_name", MADE)
def test_a_dockerfile_travels_with_the_files_beside_it(type_name: str) -> None:
    folder = BUILT_IN[type_name].folder
    text = self_contained(folder / "Dockerfile")
    plain = (folder / "Dockerfile").read_text()
    copied = re.findall(r"^COPY tools/devkit/types/\w+/(\S+) (\S+)$", plain, re.MULTILINE)
    assert copied
    for name, target in copied:
        assert f"COPY --from=devkit-files /devkit/{name} {target}\n" in text
        made = re.search(
            rf"^RUN echo (\S+) \| base64 -d > /devkit/{re.escape(name)} && chmod (\d+) ", text, re.MULTILINE
        )
        assert made
        assert base64.b64decode(made[1]) == (folder / name).read_bytes()
        assert made[2] == ("755" if os.access(folder / name, os.X_OK) else "644")


@pytest.mark.parametrize("type_name", MADE)
def test_dockerfiles_ask_nothing_of_the_network_but_packages(type_name: str) -> None:
    text = (BUILT_IN[type_name].folder / "Dockerfile").read_text()
    assert "# syntax" not in text
    assert "<<" not in text
    assert "USER 10001:10001" in text
    assert {" AS dev", " AS prod"} <= {f" AS {word}" for word in ("dev", "prod") if f" AS {word}\n" in text}


def test_launch_entries(table: Table) -> None:
    content = json.loads(write(launch_file(table), None))
    entries = {each["name"].removesuffix(" (devkit)"): each for each in content["configurations"]}
    node, there, go = (
        entries["Attach: My Node"], entries["Attach: My Node in Kubernetes"], entries["Attach: My Go"],
    )  # fmt: skip
    assert (node["type"], node["address"], node["restart"]) == ("node", "127.0.0.1", True)
    assert "remoteRoot" not in node
    assert (there["localRoot"], there["remoteRoot"]) == (
        "${workspaceFolder}/apps/my-node", "/app/apps/my-node",
    )  # fmt: skip
    assert (go["type"], go["mode"], go["host"]) == ("go", "remote", "127.0.0.1")
    assert node["port"] == there["port"] == "${input:debug port of my-node (devkit)}"
    assert go["port"] == "${input:debug port of my-go (devkit)}"
    assert go["substitutePath"] == [{"from": "${workspaceFolder}/apps/my-go", "to": "my-go"}]
    (every,) = content["compounds"]
    assert every["configurations"] == ["Attach: My Node (devkit)", "Attach: My Go (devkit)"]


def test_extensions_that_the_entries_need(table: Table) -> None:
    assert b"golang.go" in write(extensions_file(table), None)
    only_node = replace(table, services={"my-node": table.services["my-node"]})
    assert b"golang.go" not in write(extensions_file(only_node), None)


def test_a_clone_without_a_debug_port_opens_none(table: Table, tmp_path: Path) -> None:
    for service in table.without_debug().services.values():
        process = service.type.local(service, LocalSite(tmp_path, tmp_path / ".devkit", 3000))
        if isinstance(process, Absent):
            pytest.skip(process.reason)
        words = " ".join(map(str, process.start["argv"]))  # type: ignore[call-overload]
        assert "inspect" not in words
        assert "run.py" not in words
        assert service.type.launch(service, "9229") == ()


def test_packages_are_installed_where_there_is_a_lock(table: Table, tmp_path: Path) -> None:
    service = table.services["my-node"]
    site = LocalSite(tmp_path, tmp_path / ".devkit", 3000, 9229)
    bare = service.type.local(service, site)
    if isinstance(bare, Absent):
        pytest.skip(bare.reason)
    assert bare.prepare is None
    (tmp_path / "apps/my-node/package-lock.json").write_text('{"lockfileVersion": 3}')
    locked = service.type.local(service, site)
    assert not isinstance(locked, Absent)
    assert locked.prepare is not None
    assert locked.prepare.name == "npm ci"


def test_checks_of_the_project(table: Table) -> None:
    checks = {name: [each.command for each in s.type.checks(s)] for name, s in table.services.items()}
    assert checks == {
        "my-node": [("node", "--test")], "my-go": [("go", "vet", "./..."), ("go", "test", "./...")],
    }  # fmt: skip
