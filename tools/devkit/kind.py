"""A kind cluster that lasts as long as the tests that need it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode

__all__ = ["kind_cluster"]


@contextmanager
def kind_cluster() -> Iterator[dict[str, str]]:
    """Makes a cluster with a kubeconfig of its own and deletes both at the end. Yields the variables that lead to it.

    Raises DevkitError: exit 3 without kind, exit 1 when the cluster does not come up.
    """
    program = shutil.which("kind")
    if program is None:
        raise DevkitError(
            "kind is not installed", fix="kind.sigs.k8s.io; or use the current context: --cluster current",
            exit_code=ExitCode.TOOL_MISSING,
        )  # fmt: skip
    name = f"devkit-test-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="devkit-kind-") as folder:
        config = str(Path(folder) / "kubeconfig")
        say(f"devkit: creating the kind cluster {name}")
        made = [program, "create", "cluster", "--name", name, "--kubeconfig", config, "--wait", "120s"]
        try:
            if subprocess.run(made, stdin=subprocess.DEVNULL).returncode:
                raise DevkitError("the kind cluster did not come up; kind's output is above")
            yield {"KUBECONFIG": config, "PATH": os.environ.get("PATH", os.defpath)}
        finally:
            say(f"devkit: deleting the kind cluster {name}")
            gone = [program, "delete", "cluster", "--name", name, "--kubeconfig", config]
            subprocess.run(gone, stdin=subprocess.DEVNULL, check=False)
