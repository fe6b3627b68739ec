"""Reading kubeconfigs as kubectl does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.kubeconfig import current_context

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

HERE = Path(__file__).parent / "kubeconfigs"


def write(path: Path, current: str, **servers: str) -> Path:
    """A kubeconfig with a context a server, each of its own cluster."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in servers],
        "users": [{"name": name, "user": {"token": name}} for name in servers],
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in servers.items()],
    }
    path.write_text(json.dumps(content))
    return path


def test_several_files_are_merged_and_the_first_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", "", shared="https://127.0.0.1:1")
    second = write(tmp_path / "b", "other", shared="https://203.0.113.9:1", other="https://127.0.0.1:2")
    third = write(tmp_path / "c", "shared", third="https://127.0.0.1:3")
    files = [first, tmp_path / "missing", second, third]
    context = current_context({"KUBECONFIG": os.pathsep.join(map(str, files))}, tmp_path)
    assert (context.name, context.server) == ("other", "https://127.0.0.1:2")
    assert context.files == (first, second, third)
    write(second, "shared", shared="https://203.0.113.9:1")
    context = current_context({"KUBECONFIG": os.pathsep.join(map(str, files))}, tmp_path)
    assert (context.name, context.server) == ("shared", "https://127.0.0.1:1")


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on PATH to compare with")
def test_kubectl_reads_the_same(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a", "", shared="https://127.0.0.1:1"),
        write(tmp_path / "b", "shared", shared="https://203.0.113.9:1", other="https://127.0.0.1:2"),
    ]
    environ = {"KUBECONFIG": os.pathsep.join(map(str, files)), "PATH": os.environ["PATH"]}
    command = [
        "kubectl",
        "config",
        "view",
        "--minify",
        "-o",
        "jsonpath={.current-context} {.clusters[0].cluster.server}",
    ]
    theirs = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout
    ours = current_context(environ, tmp_path)
    assert theirs == f"{ours.name} {ours.server}"


def test_the_home_folder_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    write(tmp_path / ".kube" / "config", "here", here="https://127.0.0.1:1")
    assert current_context({}, tmp_path).name == "here"


@pytest.mark.parametrize(
    ("file", "message", "fix"),
    [
        ("no-current-context", "no current-context", "rancher-desktop"),
        ("unknown-current-context", "no context 'staging' (current-context is 'staging')", "rancher-desktop"),
        ("missing-cluster", "no cluster 'gone' (context 'dev' names it)", "none"),
        ("not-yaml", "not-yaml.yaml:5: not valid YAML", "fix the line"),
        ("absent", "does not exist", "start a local cluster"),
    ],
)
def test_problems_say_where(tmp_path: Path, file: str, message: str, fix: str) -> None:
    with pytest.raises(DevkitError) as problem:
        current_context({"KUBECONFIG": str(HERE / f"{file}.yaml")}, tmp_path)
    assert problem.value.exit_code == ExitCode.CLUSTER_UNREACHABLE
    assert message in problem.value.message
    assert fix in (problem.value.fix or "")
    assert "very-private-token" not in f"{problem.value.message} {problem.value.fix}"


def test_the_guard_does_not_import_the_kubernetes_client() -> None:
    code = "import sys, devkit.cluster.guard; sys.exit('kubernetes' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "tools")}, timeout=PATIENCE
        ).returncode
        == 0
    )
