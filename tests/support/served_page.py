"""The built page behind a real nginx, started as its image starts it: docker/web.sh with docker/web.nginx.conf."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.demo import until
from tests.support.platform import ROOT
from tests.support.storage import free_port

__all__ = ["build_page", "missing_programs", "page_server", "start_script"]

_PROGRAMS = ("nginx", "jq", "node")
_MIME_TYPES = Path("/etc/nginx/mime.types")


def missing_programs() -> str | None:
    """What is needed and not here, as the reason of a skip."""
    missing = [name for name in _PROGRAMS if shutil.which(name, path=_path()) is None]
    return f"needs {', '.join(missing)}: apt-get install nginx-light jq nodejs" if missing else None


def _path() -> str:
    """Debian has nginx where only root looks."""
    return f"{os.environ['PATH']}:/usr/sbin"


def build_page(folder: Path, **environment: str) -> Path:
    """Builds apps/web as its Dockerfile does. Returns the folder with the built files."""
    vite = ROOT / "apps/web/node_modules/vite/bin/vite.js"
    done = subprocess.run(
        ["node", str(vite), "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn"],
        cwd=ROOT / "apps/web", env=os.environ | environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"vite build: {done.stdout}{done.stderr}"
    return folder


def start_script(built: Path, folder: Path, port: int) -> Path:
    """docker/web.sh and docker/web.nginx.conf as in the image, with the image's paths and port replaced by these."""
    written = folder / "tmp"
    written.mkdir(parents=True, exist_ok=True)
    here = {"/srv/page": str(built), "/tmp/": f"{written}/", "listen 4200": f"listen 127.0.0.1:{port}"}
    places = re.compile("|".join(here))
    for name in ("web.sh", "web.nginx.conf"):
        text = (ROOT / "docker" / name).read_text()
        (folder / name).write_text(places.sub(lambda found: here[found[0]], text))
    shutil.copy(_MIME_TYPES, folder / "mime.types")
    script = (folder / "web.sh").read_text()
    # Started by root, its workers would be another user, who sees nothing of this test's folder.
    user = " user root;" if os.geteuid() == 0 else ""
    started = "nginx -g 'daemon off;'"
    assert started in script
    (folder / "web.sh").write_text(
        script.replace(started, f"nginx -c {folder}/web.nginx.conf -g 'daemon off;{user}'")
    )
    (folder / "web.sh").chmod(0o755)
    return folder / "web.sh"


@contextmanager
def page_server(
    built: Path, folder: Path, environment: Mapping[str, str], port: int | None = None
) -> Iterator[str]:
    """The page, served with exactly this environment until the block ends. Gives its URL."""
    port = port or free_port()
    script = start_script(built, folder, port)
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [script], env={"PATH": _path(), "DRAIN_SECONDS": "0", **environment}, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"

            def up() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    return httpx.get(f"{url}/").status_code == 200
                except httpx.TransportError:
                    return False

            until(up, what="nginx")
            yield url
        finally:
            process.terminate()
            process.wait()
