"""A source file that is one comment longer while a block runs: on this machine, or in a container as a sync leaves it.

Restoring takes away just that comment, and only if it is still the file's end: what somebody saves meanwhile stays.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.pods import newest_ready
from devkit.types.ask import Failed
from devkit.verify.site import Site

__all__ = ["Edit", "edited"]

_WORD = "devkit-verify-"
_LEFT = re.compile(rb"(#|//) devkit-verify-[0-9a-f]{8}\Z")
_IN_CONTAINER = "/app"
_ADD = 'test -w "$1" && touch -r "$1" "/tmp/$3" && printf %s "$2" >> "$1"'
_TAKE = """
if [ "$(tail -c "${#2}" "$1")" = "$2" ]; then
    truncate -s "$(($(wc -c < "$1") - ${#2}))" "$1" && touch -r "/tmp/$3" "$1" && echo back
fi
rm -f "/tmp/$3"
"""


@dataclass
class Edit:
    """Whether the file was put back; not so when somebody saved it meanwhile."""

    put_back: bool = False


@contextmanager
def edited(site: Site, service: str, path: str) -> Iterator[Edit]:
    """`path` is relative to the clone. Afterwards the file has its old bytes and time, whatever ends the block."""
    name = _WORD + secrets.token_hex(4)
    mark = f"{'#' if path.endswith('.py') else '//'} {name}"
    if site.cluster is None:
        with _here(site.root / path, mark.encode()) as edit:
            yield edit
    else:
        inside = f"{_IN_CONTAINER}/{path}"
        with _in_pod(site.cluster, site.table.namespace, service, inside, mark, name) as edit:
            yield edit


@contextmanager
def _here(path: Path, mark: bytes) -> Iterator[Edit]:
    try:
        _take(path, path.stat(), left=True)
        before = path.stat()
        with path.open("ab") as file:
            file.write(mark)
    except OSError as problem:
        raise Failed(f"{path.name} cannot be changed: {problem.strerror}") from None
    edit = Edit()
    try:
        yield edit
    finally:
        edit.put_back = _take(path, before)


def _take(path: Path, before: os.stat_result, *, left: bool = False) -> bool:
    """Cuts a mark off, if there is one; with `left` it is one that a killed call left there."""
    content = path.read_bytes()
    found = _LEFT.search(content)
    if found:
        os.truncate(path, found.start())
        if not left:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return found is not None


@contextmanager
def _in_pod(cluster: Cluster, namespace: str, app: str, path: str, mark: str, name: str) -> Iterator[Edit]:
    # The same pod throughout: the one that cannot load the change would not be found as ready again.
    found = newest_ready(cluster, namespace, app)
    if found is None:
        raise Failed(f"no pod of {app} is ready", f"./devkit logs {app}")
    pod = found.name

    def run(script: str) -> bytes:
        done = execute(cluster, namespace, app, "sh", "-c", script, "sh", path, mark, name, pod=pod)
        if done.code:
            said = done.stderr.decode("utf-8", "replace").strip() or f"{path} cannot be written"
            raise Failed(said.splitlines()[-1], "the container's user must own the synced folders")
        return done.stdout

    edit = Edit()

    try:
        run(_ADD)
        yield edit
    finally:
        try:
            edit.put_back = run(_TAKE).startswith(b"back")
        except DevkitError as problem:
            raise Failed(
                f"{path} in {pod} still ends with a comment of this check: {problem.message}",
                f"./devkit restart {app}",
            ) from None
