"""Helm itself: missing, too old, and its errors in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import Answer
from devkit.cluster.kubeconfig import KubeContext
from devkit.mesh.helm import Helm, reason

CONTEXT = KubeContext("kind-kind", "kind-kind", "https://127.0.0.1:6443", (Path("config"),))


def programs(folder: Path, says: str) -> str:
    """A folder for PATH with a `helm` that says its version and nothing else."""
    program = folder / "helm"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("says", ["v3.7.2", "v2.17.0", "nonsense", ""])
def test_too_old(says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path, says))
    with pytest.raises(DevkitError, match=r"3\.8 or newer is needed") as problem:
        Helm(CONTEXT)
    assert problem.value.exit_code == ExitCode.TOOL_MISSING


@pytest.mark.parametrize(
    ("says", "flag"),
    [("v3.8.0", "--atomic"), ("v3.18", "--atomic"), ("v4.0.1", "--rollback-on-failure")],
)
def test_new_enough(says: str, flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path, says))
    assert Helm(CONTEXT).atomic == flag


def test_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DevkitError, match="helm is not on PATH") as problem:
        Helm(CONTEXT)
    assert problem.value.exit_code == ExitCode.TOOL_MISSING


@pytest.mark.parametrize(
    ("err", "line"),
    [
        ("WARNING: old\nError: first\nError: INSTALLATION FAILED: no\n  such thing\n", "INSTALLATION FAILED: no such thing"),
        ("exec format error\n", "exec format error"),
        ("", "exit code 3"),
    ],
)  # fmt: skip
def test_one_line(err: str, line: str) -> None:
    assert reason(Answer(3, "", err)) == line
