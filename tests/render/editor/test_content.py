"""What stands in launch.json, tasks.json, settings.json and extensions.json, and that it follows from the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from devkit.model import Card, Table
from devkit.render.editor.extensions import extensions_file
from devkit.render.editor.files import additions
from devkit.render.editor.launch import ASKS, LAUNCH_FILE, launch_file
from devkit.render.editor.model import EditorFile
from devkit.render.editor.tasks import tasks_file
from devkit.render.plan import plan_document

from tests.render.editor.steps import entries, names, write
from tests.support.polling import PATIENCE

STARTED = [
    "Browser: Page in Chrome (devkit)",
    "Browser: Page in Edge (devkit)",
    "Browser: attach to Page (devkit)",
]
OURS = ["Attach: Order Service (devkit)", "Attach: Stock (devkit)"]
TESTS = "Tests: this file (devkit)"


def without(table: Table, service: str) -> Table:
    return replace(table, services={n: s for n, s in table.services.items() if n != service})


def launched(table: Table, name: str) -> dict[str, Any]:
    content = json.loads(write(launch_file(table), None))
    found: dict[str, Any] = next(entry for entry in content["configurations"] if entry["name"] == name)
    return found


def test_launch_json_of_the_small_table(shop: Table) -> None:
    content: dict[str, Any] = json.loads(write(launch_file(shop), None))
    assert [entry["name"] for entry in content["configurations"]] == [*OURS, *STARTED, TESTS]
    entry = content["configurations"][0]
    assert (entry["type"], entry["request"]) == ("debugpy", "attach")
    named = "debug port of order-service (devkit)"
    assert entry["connect"] == {"host": "127.0.0.1", "port": f"${{input:{named}}}"}
    assert [each["id"] for each in content["inputs"]] == [named, "debug port of stock (devkit)"]
    assert content["inputs"][0]["args"]["command"] == "./devkit debug --port order-service"
    # The first debug port of the table: the file is the same for clones on other ports.
    assert "9229" not in json.dumps(content)
    assert entry["subProcess"] is True
    assert entry["pathMappings"] == [{"localRoot": "${workspaceFolder}", "remoteRoot": "."}]
    # Absent: the extension then asks the developer's own setting.
    assert not {"restart", "justMyCode"} & entry.keys()
    assert content["compounds"] == [{"name": "Attach: all services (devkit)", "configurations": OURS}]


def test_without_a_launcher_it_is_the_devkit_on_path(shop: Table, tmp_path: Path) -> None:
    """The file is committed: no folder of this machine is in it."""
    (launch,) = [change.new for change in additions(tmp_path, shop)[0] if change.path == LAUNCH_FILE]
    assert launch is not None
    assert '"command": "devkit debug --port stock"' in launch.decode()


def test_inputs_of_people_s_own_stay(shop: Table) -> None:
    mine = {"id": "mine", "type": "promptString", "description": "Mine"}
    text = write(launch_file(shop), json.dumps({"inputs": [mine]}).encode())
    assert [each["id"] for each in json.loads(text)["inputs"]] == [
        "mine", "debug port of order-service (devkit)", "debug port of stock (devkit)",
    ]  # fmt: skip
    assert json.loads(write(launch_file(replace(shop, services={})), text))["inputs"] == [mine]


def test_the_extension_that_asks_is_recomfixed_where_something_is_debugged(shop: Table) -> None:
    assert ASKS.encode() in write(extensions_file(shop), None)
    assert ASKS.encode() not in write(extensions_file(shop.without_debug()), None)


def test_an_entry_of_a_removed_service_goes(shop: Table) -> None:
    text = write(
        launch_file(without(shop, "stock")),
        write(launch_file(shop), b'{"configurations": [{"name": "Mine"}]}'),
    )
    assert names(text) == ["Mine", OURS[0], *STARTED, TESTS]
    assert names(write(launch_file(replace(shop, services={})), text)) == ["Mine", TESTS]


def test_older_entries_lose_what_is_no_longer_wanted(shop: Table) -> None:
    old = {"name": OURS[0], "type": "debugpy", "request": "attach", "justMyCode": True, "restart": True}
    text = write(launch_file(shop), json.dumps({"configurations": [old]}).encode())
    assert entries(text, "configurations")[0] == launched(shop, OURS[0])


def test_what_a_webhook_button_sends_in_tilt_an_entry_sends_here(table: Table) -> None:
    buttons = [b["command"] for b in plan_document(table)["buttons"] if b["name"].startswith("send-")]
    sent = [
        ["./devkit", *entry["args"], "--engine", "tilt"]
        for entry in json.loads(write(launch_file(table), None))["configurations"]
        if entry["name"].startswith("Webhook: ")
    ]
    assert buttons
    assert sent == buttons


def test_the_page_s_folder_is_the_root_of_its_modules(table: Table, repository: Path) -> None:
    """Vite serves apps/web/src/main.tsx as /src/main.tsx: a breakpoint binds where the root and the path meet in a file."""
    for page in table.having(lambda kind: kind.card is Card.PAGE):
        found = [
            entry
            for entry in json.loads(write(launch_file(table), None))["configurations"]
            if entry["name"].startswith("Browser: ")
        ]
        assert [entry["type"] for entry in found] == ["chrome", "msedge", "chrome"]
        for entry in found:
            root = Path(entry["webRoot"].replace("${workspaceFolder}", str(repository)))
            assert list((root / "src").glob("*.tsx"))
            assert (root / "index.html").is_file()
            assert f"//localhost:{page.port}" in entry.get("url", entry.get("urlFilter"))


def test_a_table_without_a_page_has_no_browser(shop: Table) -> None:
    assert not [name for name in names(write(launch_file(without(shop, "page")), None)) if "Browser" in name]


def run_entry(entry: dict[str, Any], root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start what an entry says under debugpy, which nobody attaches to, with this test's Python."""

    def filled(text: str) -> str:
        for name, value in {"workspaceFolder": str(root), **variables}.items():
            text = text.replace(f"${{{name}}}", value)
        return text

    target = ["-m", entry["module"]] if "module" in entry else [filled(entry["program"])]
    command = [
        sys.executable, *entry["pythonArgs"], "-m", "debugpy", "--listen", "127.0.0.1:0",
        "--configure-subProcess", "false", *target, *map(filled, entry["args"]),
    ]  # fmt: skip
    environment = os.environ | entry.get("env", {})
    return subprocess.run(
        command, cwd=filled(entry["cwd"]), env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def test_the_webhook_entry_runs_under_the_debugger(table: Table, repository: Path) -> None:
    name = next(name for name in names(write(launch_file(table), None)) if name.startswith("Webhook: "))
    entry = launched(table, name)
    entry["args"] = [*entry["args"][:2], "no/such-topic"]
    done = run_entry(entry, repository)
    assert done.returncode == 2
    assert "no topic 'no/such-topic'" in done.stderr


def test_the_tests_entry_runs_the_open_file(table: Table, repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "test_open.py"
    file.write_text(
        "def test_it(pytestconfig):\n    import os\n    assert os.environ['PYTEST_TIMEOUT'] == '0'\n"
    )
    done = run_entry(launched(table, TESTS), repository, file=str(file))
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_tasks(shop: Table) -> None:
    content = json.loads(write(tasks_file(shop, ["bank paid", "bank $(rm)", "bank a;b", "bank x/y"]), None))
    assert [task["label"] for task in content["tasks"]] == [
        "devkit: up", "devkit: down", "devkit: doctor", "devkit: webhook",
    ]  # fmt: skip
    assert content["tasks"][0]["args"] == ["up", "--detach"]
    assert all(task["problemMatcher"] == [] for task in content["tasks"])
    assert content["inputs"][0]["options"] == ["bank paid", "bank x/y"], (
        "nothing that a shell would read otherwise"
    )
    assert content["inputs"][0]["id"] in content["tasks"][3]["command"]


def test_no_webhook_task_where_there_is_no_webhook(shop: Table) -> None:
    content = json.loads(write(tasks_file(shop, []), None))
    assert len(content["tasks"]) == 3
    assert "inputs" not in content


def test_the_table_s_example_is_the_first_choice(ours: dict[str, EditorFile], table: Table) -> None:
    topics = ["sendcloud parcel_status_changed", "shopify orders/create"]
    content = json.loads(write(tasks_file(table, topics), None))
    assert content["inputs"][0]["default"] == "shopify orders/create"
    assert content["inputs"][0]["options"] == list(reversed(topics))


@pytest.mark.parametrize("name", ["json.schemas", "yaml.schemas"])
def test_the_schemas_that_the_settings_name_exist(
    ours: dict[str, EditorFile], repository: Path, name: str
) -> None:
    wanted = {entry.name: entry.value for entry in ours["settings.json"].collections[0].wanted}
    told = json.dumps(wanted[name])
    for path in ("dev/tilt_config.schema.json", "tilt_config.json") if name.startswith("json") else (
        "dev/services.schema.json", "dev/services.yaml",
    ):  # fmt: skip
        assert path in told
        assert (repository / path).is_file()


def test_the_sources_that_the_settings_name_exist(ours: dict[str, EditorFile], repository: Path) -> None:
    wanted = {entry.name: entry.value for entry in ours["settings.json"].collections[0].wanted}
    paths = wanted["python.analysis.extraPaths"]
    assert isinstance(paths, list)
    assert [path for path in paths if not (repository / str(path)).is_dir()] == []
