"""`devkit tunnel` with a stand-in for cloudflared: flags, the three addresses, the check through it, and its end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.support.certified import make_issuer
from tests.support.demo import Demo, until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.receivers import Call, HttpReceiver, http_receiver
from tests.support.supervised import supervised


@dataclass
class Scene:
    """A clone whose gateway is a receiver, and a stand-in first on PATH."""

    clone: Demo
    folder: Path
    gateway: HttpReceiver
    answers: dict[str, int]

    def behaves(self, **how: Any) -> None:
        plain = {
            "certificate": str(self.folder / "issuer" / "server.pem"),
            "key": str(self.folder / "issuer" / "server.key"),
            "pid": str(self.folder / "pid"),
        }
        (self.folder / "how.json").write_text(json.dumps(plain | how))

    def environment(self) -> dict[str, str]:
        return self.clone.environment(
            PATH=f"{self.folder / 'bin'}:/usr/bin:/bin",
            CLOUDFLARED_STAND_IN=str(self.folder / "how.json"),
            SSL_CERT_FILE=str(self.folder / "issuer" / "ca.pem"),
            TUNNEL_TOKEN="of another tunnel",
        )

    def tunnel(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.clone.command("tunnel", "--engine", "local", *arguments), env=self.environment(), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def open(self) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            self.clone.command("tunnel", "--engine", "local"), env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:  # fmt: skip
            until(self.noted.exists, what="the tunnel")
            yield process

    @property
    def noted(self) -> Path:
        return self.clone.root / ".devkit" / "tunnel.json"

    def stand_in_has_ended(self) -> bool:
        return not psutil.pid_exists(int((self.folder / "pid").read_text()))


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates") / "issuer"
    make_issuer(folder, "Tunnel tests")
    return folder


@pytest.fixture
def scene(tmp_path: Path, issuer: Path) -> Iterator[Scene]:
    answers = {"unsigned": 401, "live": 200}

    def answer(call: Call) -> tuple[int, str]:
        return (answers["unsigned"] if call.method == "POST" else answers["live"]), "{}"

    with http_receiver(answer) as gateway:
        table = yaml.safe_load((Path(ROOT) / "dev" / "services.yaml").read_text())
        table["services"]["gateway"]["port"] = int(gateway.url.rpartition(":")[2])
        root = tmp_path / "clone"
        (root / "dev").mkdir(parents=True)
        (root / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
        shutil.copytree(issuer, tmp_path / "issuer")
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "cloudflared"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support/cloudflared.py" "$@"\n')
        program.chmod(0o755)
        made = Scene(Demo(root, {}), tmp_path, gateway, answers)
        made.behaves()
        made.clone.devkit("secrets", "init")
        with supervised(root, "gateway"):
            yield made


def test_the_addresses_to_paste_once_the_platform_answers_through_it(scene: Scene) -> None:
    scene.behaves(name_after=1, say=["INF Thank you for trying Cloudflare Tunnel."])
    done = scene.tunnel("--once")
    addresses = dict(line.split() for line in done.stdout.splitlines())
    base = addresses["shopify"].removesuffix("/api/v1/webhooks/shopify")
    assert base.startswith("https://localhost:")
    assert addresses == {
        "shopify": f"{base}/api/v1/webhooks/shopify",
        "simplyprint": f"{base}/webhooks/simplyprint",
        "sendcloud": f"{base}/webhooks/sendcloud",
    }
    assert [(call.method, call.path) for call in scene.gateway.calls] == [
        ("POST", "/api/v1/webhooks/shopify"),
        ("GET", "/health/live"),
    ]
    assert "the tunnel is closed" in done.stderr
    assert scene.stand_in_has_ended()
    assert not scene.noted.exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_is_open_until_it_is_ended_and_leaves_nothing(scene: Scene, how: signal.Signals) -> None:
    with scene.open() as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert "sendcloud" in lines[-1]
        hostname = json.loads(scene.noted.read_text())["hostname"]
        url = f"https://{hostname}/hook"
        dry = scene.clone.devkit(
            "webhook", "shopify", "orders/create", "--to", url, "--payload", "/dev/null", "--dry-run"
        )
        assert url in dry.stdout, "the project's own tunnel is not a stranger"
        process.send_signal(how)
        assert process.wait(PATIENCE) == 0
    assert scene.stand_in_has_ended()
    assert not scene.noted.exists()


def test_one_that_does_not_end_is_killed(scene: Scene) -> None:
    scene.behaves(stubborn=True)
    scene.tunnel("--once")
    assert scene.stand_in_has_ended()


def test_unsigned_webhooks_are_no_company_for_a_tunnel(scene: Scene) -> None:
    scene.answers["unsigned"] = 200
    done = scene.tunnel(code=5)
    assert "answers an unsigned webhook with 200 instead of 401" in done.stderr
    table = scene.clone.root / "dev" / "services.yaml"
    content = yaml.safe_load(table.read_text())
    content["services"]["gateway"]["env"]["WEBHOOK_SKIP_VERIFICATION"]["default"] = "true"
    table.write_text(yaml.safe_dump(content, sort_keys=False))
    calls = len(scene.gateway.calls)
    done = scene.tunnel(code=5)
    assert "WEBHOOK_SKIP_VERIFICATION is on" in done.stderr
    assert len(scene.gateway.calls) == calls
    assert not (scene.folder / "pid").exists(), "cloudflared was started"


def test_why_there_is_no_tunnel(scene: Scene) -> None:
    scene.behaves(die_after=0, say=["ERR failed to request quick Tunnel: dial tcp: no route to host"])
    done = scene.tunnel(code=5)
    assert "cloudflared ended with exit code 7; it says: ERR" in done.stderr
    (scene.folder / "bin" / "cloudflared").unlink()
    done = scene.tunnel(code=3)
    assert "cloudflared is not on PATH" in done.stderr
    assert "developers.cloudflare.com" in done.stderr


def test_one_that_ends_by_itself_is_told(scene: Scene) -> None:
    scene.behaves(die_after=3)
    done = scene.tunnel(code=5)
    assert "cloudflared ended by itself (exit code 7)" in done.stderr
    assert not scene.noted.exists()


def test_the_platform_must_run(scene: Scene) -> None:
    table = scene.clone.root / "dev" / "services.yaml"
    port = scene.gateway.url.rpartition(":")[2]
    table.write_text(table.read_text().replace(f"port: {port}", "port: 1999"))
    done = scene.tunnel(code=5)
    assert "the platform does not answer at http://127.0.0.1:1999" in done.stderr
    assert "./devkit up" in done.stderr
