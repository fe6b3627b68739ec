"""A repository that is not Forma3D's: three services of other names in other folders, no Postgres, no launcher."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.call import call_devkit
from tests.support.demo import write_files
from tests.support.platform import ROOT
from tests.support.storage import free_port

__all__ = ["Foreign", "write_foreign"]

_TABLE = """\
version: 1
name: bakery
namespace: bakery-dev
image_prefix: registry.example.com/bakery
shared: [common/python]
secrets:
  MILL_SECRET: {{generate: 32, about: Signs the mill's webhooks.}}
services:
  oven:
    type: python
    about: Bakes.
    path: services/oven
    source: code
    app: oven_app.asgi:application
    dockerfile: services/oven/Dockerfile
    port: {oven}
    debug_port: {oven_debug}
    probes: {{live: /live, ready: /ready}}
    calls: [counter]
    secrets: [MILL_SECRET]
    resources: &amounts
      requests: {{cpu: 50m, memory: 64Mi}}
      limits: {{cpu: 100m, memory: 128Mi}}
    webhooks:
      github: {{path: /hooks/mill, to: counter, secret: MILL_SECRET, example: push}}
  counter:
    type: node
    about: Sells.
    path: services/counter
    main: lib/server.mjs
    port: {counter}
    debug_port: {counter_debug}
    probes: {{live: /live, ready: /ready}}
    resources: *amounts
  shopwindow:
    type: image
    about: Shows.
    image: nginx:1.27
    port: {shopwindow}
    resources: *amounts
"""

_OVEN = """\
import json
import os

from flour import KIND

VERSION = 1


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    body = json.dumps({"version": VERSION, "flour": KIND, "routes": os.environ["WEBHOOK_ROUTES"]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
"""

_COUNTER = """\
import http from "node:http";
http.createServer((_, answer) => answer.end("version 1")).listen(process.env.APP_PORT, process.env.APP_HOST ?? "127.0.0.1");
"""


@dataclass(frozen=True)
class Foreign:
    """Its folder, and the ports its table names."""

    root: Path
    ports: dict[str, int]

    def devkit(
        self, *arguments: str, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs this project's devkit, by default from a folder inside that repository; nothing else says which one is meant."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        folder = cwd or self.root / "services" / "oven"
        if arguments[0] != "up":
            return call_devkit(arguments, kept | more, folder=folder)
        return subprocess.run(
            [sys.executable, "-E", "-s", str(Path(ROOT) / "tools"), *arguments],
            cwd=folder, env=kept | more, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )  # fmt: skip


def write_foreign(root: Path) -> Foreign:
    """Writes it; `root` is made."""
    names = ("oven", "oven_debug", "counter", "counter_debug", "shopwindow")
    ports: dict[str, int] = {}
    while len(set(ports.values())) < len(
        names
    ):  # the system may hand out one that was free a moment ago again
        ports = {name: free_port() for name in names}
    files = {
        "dev/services.yaml": _TABLE.format(**ports),
        "services/oven/code/oven_app/__init__.py": "",
        "services/oven/code/oven_app/asgi.py": _OVEN,
        "services/oven/Dockerfile": "FROM python:3.11-slim-bookworm AS dev\nARG FOLDER\nCOPY $FOLDER /app/$FOLDER\n",
        "services/counter/package.json": '{"name": "counter", "private": true, "type": "module"}\n',
        "services/counter/lib/server.mjs": _COUNTER,
        "common/python/flour/__init__.py": 'KIND = "rye"\n',
        "dev/webhooks/github/push.json": '{"ref": "refs/heads/main", "repository": {"full_name": "bakery/mill"}}\n',
        "tilt_config.json": "{}\n",
        ".gitignore": ".devkit\nk8s/dev/secret.yaml\n",
    }
    write_files(root, files)
    shutil.copy(Path(ROOT) / "Tiltfile", root / "Tiltfile")
    return Foreign(root, ports)
