"""Each command's modules can be the first that are imported: other tests call devkit in processes that have loaded all of it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_CODE = """
import importlib, os, sys, traceback
sys.path[:0] = sys.argv[1:3]
import httpx, jinja2, jsonschema, kubernetes.client, typer  # what takes long, and is not ours
for name in sys.argv[3:]:
    if not (pid := os.fork()):
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"{name} cannot be imported first")
"""


def test_every_module_of_a_command_comes_alone() -> None:
    tools = ROOT / "tools"
    files = sorted((tools / "devkit" / "commands").rglob("*.py"))
    names = [
        ".".join(file.relative_to(tools).with_suffix("").parts).removesuffix(".__init__") for file in files
    ]
    assert "devkit.commands.up" in names
    command = [sys.executable, "-E", "-s", "-c", _CODE, str(tools), str(ROOT / "libs"), *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
