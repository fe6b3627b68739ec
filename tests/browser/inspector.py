"""Breakpoints in the page's sources, placed as a browser's debugger does: through the source maps that Vite serves."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page

from tests.support.polling import PATIENCE

__all__ = ["Inspector"]

_MAPPED = (
    "const {TraceMap, generatedPositionFor} = require('@jridgewell/trace-mapping');"
    "const [map, source, line] = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
    "console.log(JSON.stringify(generatedPositionFor(new TraceMap(map), {source, line, column: 0, bias: -1})))"
)


class Inspector:
    """A debugger's view of a page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._scripts: dict[str, dict[str, Any]] = {}
        self._paused: list[dict[str, Any]] = []
        self._session.on("Debugger.scriptParsed", self._note_script)
        self._session.on("Debugger.paused", self._note_pause)
        self._session.send("Debugger.enable")

    def _note_script(self, script: dict[str, Any]) -> None:
        self._scripts[urlsplit(script["url"]).path] = script

    def _note_pause(self, event: dict[str, Any]) -> None:
        self._paused.append(event)

    def source_map(self, path: str) -> dict[str, Any]:
        """The inline source map of the script that is served at a path."""
        script = self._wait(lambda: self._scripts.get(path), f"a script {path}")
        kind, _, content = script["sourceMapURL"].partition(",")
        assert kind == "data:application/json;base64", kind[:80]
        found: dict[str, Any] = json.loads(base64.b64decode(content))
        return found

    def sources(self, path: str, root: Path) -> list[Path]:
        """The files that a script's map leads to, where `webRoot` is `root`."""
        url = self._scripts[path]["url"]
        return [
            root / urlsplit(urljoin(url, name)).path.lstrip("/") for name in self.source_map(path)["sources"]
        ]

    def break_at(self, path: str, line: int, packages: Path) -> None:
        """Sets a breakpoint on a line of the source; `packages` is a folder with node_modules."""
        mapped = self.source_map(path)
        question = json.dumps([mapped, mapped["sources"][0], line])
        answer = subprocess.run(
            ["node", "-e", _MAPPED], input=question, cwd=packages, capture_output=True, text=True, check=True
        ).stdout
        where = json.loads(answer)
        assert where["line"], f"line {line} of {path} is not in what is served"
        self._session.send(
            "Debugger.setBreakpointByUrl",
            {"urlRegex": f".*{path.replace('.', '[.]')}.*", "lineNumber": where["line"] - 1, "columnNumber": where["column"]},
        )  # fmt: skip

    def reload(self) -> None:
        """Loads the page again, without waiting for it."""
        self._session.send("Page.reload")

    def stopped(self) -> dict[str, Any]:
        """The innermost frame of where the page stands."""
        event = self._wait(lambda: self._paused and self._paused.pop(0), "a breakpoint")
        frame: dict[str, Any] = event["callFrames"][0]
        return frame

    def evaluate(self, frame: dict[str, Any], expression: str) -> Any:
        """What an expression is in a frame."""
        question = {"callFrameId": frame["callFrameId"], "expression": expression, "returnByValue": True}
        return self._session.send("Debugger.evaluateOnCallFrame", question)["result"].get("value")

    def go_on(self) -> None:
        """Lets the page run, without breakpoints."""
        self._session.send("Debugger.disable")

    def _wait(self, look: Any, what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := look():
                return found
            self._page.wait_for_timeout(50)
        raise AssertionError(f"{what} did not come in {PATIENCE:g} s")
