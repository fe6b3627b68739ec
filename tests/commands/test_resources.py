"""`devkit resources observe` on a small platform of real processes, with real signed orders."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from devkit.cli import main

from tests.support.demo import Demo, demo, until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

HOOK = """

from fastapi import Request
from signatures import scheme


@app.post("/webhooks/shopify")
async def hook(request: Request) -> dict[str, str]:
    body = await request.body()
    assert scheme("shopify").verify(os.environ["SHOP_SECRET"], body, dict(request.headers))
    sum(n * n for n in range(300_000))
    return {"status": "stored"}
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        table = made.root / "dev" / "services.yaml"
        text = table.read_text().replace(
            "services:\n", "  SHOP_SECRET:\n    generate: 32\n    about: Signs webhooks.\nservices:\n", 1
        )
        text = text.replace("    needs: [postgres, redis]\n", "").replace(
            "    calls: [other]\n",
            "    calls: [other]\n    secrets: [SHOP_SECRET]\n    webhooks:\n"
            "      shopify: {path: /webhooks/shopify, to: other, secret: SHOP_SECRET, example: orders/create}\n",
        )
        table.write_text(text)
        (made.root / "dev" / "webhooks").symlink_to(Path(ROOT) / "dev" / "webhooks")
        (made.root / "libs" / "signatures").symlink_to(Path(ROOT) / "libs" / "signatures")
        with made.source("hello").open("a") as file:
            file.write(HOOK)
        yield made


def observe(platform: Demo, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return platform.devkit("resources", "observe", *arguments, check=check)


def test_nothing_runs(platform: Demo) -> None:
    done = observe(platform, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "devkit: nothing runs in this clone\n    → ./devkit up starts it\n",
    )
    assert not (platform.root / "k8s").exists(), "nothing was prepared for it either"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "local", "--source", "kubelet"), "no source 'kubelet' for engine local"),
        (("--engine", "local", "--compose", "shop"), "--engine and --compose exclude each other"),
        (("--compose", "shop", "--source", "processes"), "no source 'processes' for a Compose project"),
        (("--from", "-", "--rate", "2"), "--from measures nothing"),
        (("--from", "/does/not/exist"), "/does/not/exist: No such file"),
        (("--from", "/etc/hostname"), "/etc/hostname is not an observation"),
    ],
)
def test_mistakes_are_explained(
    platform: Demo,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEVKIT_ROOT", str(platform.root))
    assert main(["resources", "observe", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_orders_are_put_in_and_use_is_measured(
    platform: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.up("hello")
    picture, again = tmp_path / "a.svg", tmp_path / "b.svg"
    before = (platform.root / "dev" / "services.yaml").read_bytes()
    # The orders take two seconds and a half, where nothing holds them up.
    options = ("--idle", "0.5", "--seconds", "8", "--orders", "15", "--rate", "6", "--settle", "0.5")
    done = observe(platform, *options, "--json", "--svg", str(picture), check=False)
    document: dict[str, Any] = json.loads(done.stdout)
    assert (document["version"], document["command"]) == (2, "resources observe")
    assert (document["engine"], document["source"], document["interrupted"]) == ("local", "processes", False)
    assert document["load"]["topics"] == ["shopify orders/create"]
    assert (document["load"]["accepted"], document["load"]["results"]) == (15, {"200": 15})
    assert [phase["name"] for phase in document["phases"]] == ["idle", "load", "settle"]
    services = {each["name"]: each for each in document["services"]}
    assert list(services) == ["hello", "other"]
    assert document["absent"] == dict.fromkeys(
        ("postgres", "redis"), "is not among what up was asked to start"
    )
    hello, other = services["hello"], services["other"]
    assert hello["cpu"]["max"] > other["cpu"]["max"] + 0.02, "hello took the orders, and counted"
    assert 20 * 2**20 < hello["memory"]["max"] < 400 * 2**20
    assert hello["share"] <= hello["memory"]["max"]
    assert hello["development"] == {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}  # fmt: skip
    assert {sample["service"] for sample in document["samples"]} == set(services)
    assert "SHOP_SECRET" not in done.stdout + done.stderr
    over = {each["id"] for each in document["findings"] if each["severity"] == "error"}
    assert done.returncode == (1 if over else 0)
    assert (platform.root / "dev" / "services.yaml").read_bytes() == before, "nobody edits the table"
    kept = tmp_path / "observation.json"
    kept.write_text(done.stdout)
    monkeypatch.setenv("DEVKIT_ROOT", str(platform.root))
    monkeypatch.chdir(platform.root)
    code = main(["resources", "observe", "--from", str(kept), "--json", "--svg", str(again)])
    assert (json.loads(capsys.readouterr().out)["samples"], code) == (document["samples"], done.returncode)
    assert again.read_bytes() == picture.read_bytes()
    ElementTree.fromstring(picture.read_text())
    main(["resources", "observe", "--from", str(kept)])
    text = capsys.readouterr().out
    assert "15 of 15 × shopify orders/create accepted, 6 a second at most" in text
    assert "resources.few-samples" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith("hello ")] == ["hello"] * 2


def test_ctrl_c_reports_what_there_is(platform: Demo) -> None:
    if platform.devkit("status", check=False).returncode:
        platform.up("hello")
    process = subprocess.Popen(
        platform.command("resources", "observe", "--json", "--idle", "0", "--seconds", "600", "--rate", "3"),
        env=platform.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    until(lambda: process.stderr.readline() == "devkit: load …\n", what="the load")  # type: ignore[union-attr]
    log = platform.root / ".devkit" / "logs" / "hello.log"
    before = log.read_text().count("POST /webhooks/shopify")
    until(lambda: log.read_text().count("POST /webhooks/shopify") > before + 2, what="some orders")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    document = json.loads(out)
    assert document["interrupted"] is True
    assert document["samples"]
    assert document["load"]["accepted"] > 0
    assert "Traceback" not in err
