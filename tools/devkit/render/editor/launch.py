"""launch.json: attach to each service and to all, look into the page, send a webhook, run a test file.

An entry that attaches names no port: an input asks devkit on which one the service listens in this clone, so that the
file is the same for every clone. VS Code has no such input itself; the extension ASKS adds it.
`justMyCode` is left out: the debugger's extension then asks the setting `debugpy.debugJustMyCode`, which is each developer's own.
"""

from __future__ import annotations

import shlex

from devkit.model import Launch, Service, Table
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import MARK, ByName, Collection, EditorFile, Entry
from devkit.render.editor.names import HERE, PYTHON
from devkit.render.examples import Example, examples

__all__ = ["ASKS", "LAUNCH_FILE", "launch_file"]

# The extension whose inputs are what a command prints.
ASKS = "augustocdias.tasks-shell-input"
LAUNCH_FILE = ".vscode/launch.json"
_MARKS = ByName("name", "name")
# VS Code knows no description of an input that is a command, so the mark is in its name.
_INPUTS = ByName("id", "id")


def launch_file(table: Table, devkit: str = "./devkit") -> EditorFile:
    """What the table asks of launch.json. `devkit` starts devkit in the clone's folder."""
    services = list(table.services.values())
    entries = [
        launch
        for service in services
        for launch in service.type.launch(service, f"${{input:{_input_name(service)}}}")
    ]
    attach = [_of_type(launch) for launch in entries if launch.attaches]
    asked = tuple(_input(service, devkit) for service in services if service.debug_port is not None)
    every = _entry("Attach: all services", configurations=[entry.name for entry in attach])
    configurations = [
        *attach,
        *(_of_type(launch) for launch in entries if not launch.attaches),
        *(_webhook(example) for example in examples(services)),
        _tests(),
    ]
    return EditorFile(
        LAUNCH_FILE,
        (
            Collection("configurations", _MARKS, tuple(configurations)),
            Collection("compounds", _MARKS, (every,) if attach else ()),
            Collection("inputs", _INPUTS, asked),
        ),
        tail=(Entry("version", "0.2.0"),),
    )


def _entry(name: str, **keys: Json) -> Entry:
    marked = f"{name} {MARK}"
    return Entry(marked, {"name": marked, **keys})


def _input_name(service: Service) -> str:
    return f"debug port of {service.name} {MARK}"


def _input(service: Service, devkit: str) -> Entry:
    """Where a service's debugger listens. A single line is taken as it is, without a list to choose from."""
    command = f"{shlex.quote(devkit)} debug --port {service.name}"
    arguments: Json = {"command": command, "cwd": HERE, "useSingleResult": True}
    name = _input_name(service)
    return Entry(name, {"id": name, "type": "command", "command": "shellCommand.execute", "args": arguments})


def _of_type(launch: Launch) -> Entry:
    return _entry(launch.name, **launch.keys)


def _webhook(example: Example) -> Entry:
    return _python(
        f"Webhook: send {example.provider} {example.topic}",
        program=f"{HERE}/tools",
        args=list(example.arguments),
    )


def _tests() -> Entry:
    # A test's time limit would end it at a breakpoint.
    return _python("Tests: this file", module="pytest", args=["${file}"], env={"PYTEST_TIMEOUT": "0"})


def _python(name: str, **keys: Json) -> Entry:
    """A Python program of the clone's own `.venv`, debugged by itself: what it starts runs freely."""
    return _entry(
        name,
        type="debugpy",
        request="launch",
        **keys,
        python=PYTHON,
        pythonArgs=["-Xfrozen_modules=off"],
        cwd=HERE,
        console="integratedTerminal",
        subProcess=False,
    )
