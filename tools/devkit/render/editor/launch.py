"""launch.json: attach to each service and to all, look into the page, send a webhook, run a test file.

`justMyCode` is left out: the debugger's extension then asks the setting `debugpy.debugJustMyCode`, which is each developer's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import MARK, ByName, Collection, EditorFile, Entry
from devkit.render.editor.names import HERE, PYTHON
from devkit.render.examples import Example, examples
from devkit.table.model import Service, ServiceType, Table

__all__ = ["LAUNCH_FILE", "launch_file"]

LAUNCH_FILE = ".vscode/launch.json"
_MARKS = ByName("name", "name")
_BROWSERS = {"Chrome": "chrome", "Edge": "msedge"}
_BROWSER_PORT = 9222


def launch_file(table: Table) -> EditorFile:
    """What the table asks of launch.json."""
    services = list(table.services.values())
    attach = [_attach(service) for service in services if service.debug_port]
    every = _entry("Attach: all services", configurations=[entry.name for entry in attach])
    configurations = [
        *attach,
        *(entry for page in table.of_type(ServiceType.VITE) for entry in _browsers(page)),
        *(_webhook(example) for example in examples(services)),
        _tests(),
    ]
    return EditorFile(
        LAUNCH_FILE,
        (
            Collection("configurations", _MARKS, tuple(configurations)),
            Collection("compounds", _MARKS, (every,) if attach else ()),
        ),
        tail=(Entry("version", "0.2.0"),),
    )


def _entry(name: str, **keys: Json) -> Entry:
    marked = f"{name} {MARK}"
    return Entry(marked, {"name": marked, **keys})


def _title(service: Service) -> str:
    return service.name.replace("-", " ").title()


def _attach(service: Service) -> Entry:
    return _entry(
        f"Attach: {_title(service)}",
        type="debugpy",
        request="attach",
        connect={"host": "127.0.0.1", "port": service.debug_port},
        # `.` is the debugged process's own folder: /app in a container, the clone on the local engine.
        pathMappings=[{"localRoot": HERE, "remoteRoot": "."}],
        subProcess=True,
    )


def _browsers(page: Service) -> Iterator[Entry]:
    """Vite serves a module under its path in the page's folder (`/src/…`), so that folder is the root of the web."""
    url, root = f"http://localhost:{page.port}", f"{HERE}/{page.path}"
    for browser, kind in _BROWSERS.items():
        name = f"Browser: {_title(page)} in {browser}"
        yield _entry(name, type=kind, request="launch", url=url, webRoot=root)
    # One port, one protocol: what attaches to Chrome attaches to Edge as well.
    yield _entry(
        f"Browser: attach to {_title(page)}",
        type="chrome",
        request="attach",
        port=_BROWSER_PORT,
        urlFilter=f"{url}/*",
        webRoot=root,
    )


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
