"""`devkit mesh` before it comes to a cluster: which mesh is meant, and what it says when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.cli import main

SERVICE = "services:\n  redis: {type: redis, image: 'redis:7-alpine', port: 6379}\n"
HEAD = "version: 1\nname: shop\nnamespace: shop-dev\nimage_prefix: shop\n"
TRAEFIK = "meshes:\n  traefik: {chart: traefik-mesh, version: 4.1.1}\n  linkerd: {}\n"


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/services.yaml").write_text(HEAD + TRAEFIK + SERVICE)
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["install", "treafik"], 2, "did you mean 'traefik'?"),
        (["install", "linkerd"], 2, "devkit does not install linkerd"),
        (["install", "--chart", "no.tgz"], 2, "there is no such file"),
        (["install", "--timeout", "0"], 2, "greater than or equal to 1"),
        (["status"], 4, "no Kubernetes configuration"),
        (["uninstall", "--yes"], 4, "no Kubernetes configuration"),
    ],
)
def test_refusals(arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mesh", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_table_without_any(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "dev/services.yaml").write_text(HEAD + SERVICE)
    assert main(["mesh", "install"]) == 2
    assert "the table has no mesh" in capsys.readouterr().err


def test_tilt_config_chooses(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "tilt_config.json").write_text('{"mesh": "linkerd"}')
    assert main(["mesh", "install"]) == 2
    assert "devkit does not install linkerd" in capsys.readouterr().err
