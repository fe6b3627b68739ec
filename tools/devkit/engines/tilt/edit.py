"""A source file in a container that is one comment longer while a block runs, as a sync would leave it.

Restoring takes away just that comment, and only if it is still the file's end: what is synced meanwhile stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from devkit.base.errors import DevkitError
from devkit.checks import Problem
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.pods import newest_ready
from devkit.engines.site import Edit, mark_for

__all__ = ["edited_in_pod"]

_WORD = "devkit-verify-"
_IN_CONTAINER = "/app"
_ADD = 'test -w "$1" && touch -r "$1" "/tmp/$3" && printf %s "$2" >> "$1"'
_TAKE = """
if [ "$(tail -c "${#2}" "$1")" = "$2" ]; then
    truncate -s "$(($(wc -c < "$1") - ${#2}))" "$1" && touch -r "/tmp/$3" "$1" && echo back
fi
rm -f "/tmp/$3"
"""


@contextmanager
def edited_in_pod(cluster: Cluster, namespace: str, app: str, file: str) -> Iterator[Edit]:
    """As `Site.edited`, for a file as a sync leaves it. Raises Problem without a ready pod."""
    name = _WORD + secrets.token_hex(4)
    path, mark = f"{_IN_CONTAINER}/{file}", mark_for(file, name)
    # The same pod throughout: the one that cannot load the change would not be found as ready again.
    found = newest_ready(cluster, namespace, app)
    if found is None:
        raise Problem(f"no pod of {app} is ready", f"./devkit logs {app}")
    pod = found.name

    def run(script: str) -> bytes:
        done = execute(cluster, namespace, app, "sh", "-c", script, "sh", path, mark, name, pod=pod)
        if done.code:
            said = done.stderr.decode("utf-8", "replace").strip() or f"{path} cannot be written"
            raise Problem(said.splitlines()[-1], "the container's user must own the synced folders")
        return done.stdout

    edit = Edit()

    try:
        run(_ADD)
        yield edit
    finally:
        try:
            edit.put_back = run(_TAKE).startswith(b"back")
        except DevkitError as problem:
            raise Problem(
                f"{path} in {pod} still ends with a comment of this check: {problem.message}",
                f"./devkit restart {app}",
            ) from None
