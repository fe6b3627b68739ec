"""A private instance whose requests each meet another process."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.instance import PrivateInstance, private_instance
from devkit.instance.copy import copy_repository
from devkit.instance.hopping import hopping
from devkit.table.load import read_table
from websockets.sync.client import connect

from tests.state.scene import append, shelf
from tests.support.polling import looks

_WHO = """

import os

from fastapi import WebSocket


@app.get("/who")
async def who() -> dict[str, int]:
    return {"pid": os.getpid()}


@app.post("/echo")
async def echo(words: dict[str, str]) -> dict[str, str]:
    return words


@app.websocket("/talk")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.receive_text()
        await socket.send_text(str(os.getpid()))
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateInstance]:
    root = shelf(tmp_path_factory.mktemp("hopping") / "shelf")
    append(root, _WHO)
    with private_instance(root) as found:
        yield found


def test_each_request_meets_another_process(instance: PrivateInstance) -> None:
    instance.run()
    url = instance.site().url("shop")
    with httpx.Client(base_url=url, trust_env=False) as page:
        assert len({page.get("/who").json()["pid"] for _ in range(3)}) == 1
    with hopping(instance, {unit.name: unit for unit in instance.services()}) as hops:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as page:
            pids = [page.get("/who").json()["pid"] for _ in range(8)]
            assert len(set(pids)) == 8
            large = {"words": "x" * 300_000}
            assert page.post("/echo", json=large).json() == large
            with connect(url.replace("http", "ws", 1) + "/talk", open_timeout=60) as talk:
                told = set()
                for _ in range(3):
                    talk.send("who?")
                    told.add(talk.recv(60))
                    assert page.get("/who").json()["pid"] not in pids
            assert len(told) == 1
        assert hops.hops == {"shop": 8 + 1 + 1 + 3}
    for _ in looks():  # who has answered leaves
        if not any(_lives(pid) for pid in pids):
            break
    instance.run()  # one process again, on the same port
    assert httpx.get(f"{url}/who", trust_env=False).status_code == 200


def test_callers_at_once_wait_for_a_fresh_process(instance: PrivateInstance) -> None:
    async def ask() -> list[int]:
        async with httpx.AsyncClient(
            base_url=instance.site().url("shop"), timeout=60, trust_env=False
        ) as page:
            answers = await asyncio.gather(*(page.get("/who") for _ in range(10)))
        return [answer.json()["pid"] for answer in answers]

    with hopping(instance, {unit.name: unit for unit in instance.services()}):
        assert len(set(asyncio.run(ask()))) == 10


def test_a_service_that_does_not_start(tmp_path: Path) -> None:
    root = shelf(tmp_path / "shelf")
    append(root, "\nraise RuntimeError('no stock')\n")
    with (
        private_instance(root) as instance,
        pytest.raises(DevkitError, match="shop did not come up") as refused,
    ):
        instance.run()
    assert "RuntimeError: no stock" in refused.value.message
    assert not instance.folder.exists()


def test_secrets_and_what_tools_made_are_not_copied(tmp_path: Path) -> None:
    root = shelf(tmp_path / "shelf")
    for path in (
        "k8s/dev/secret.yaml",
        "services/shop/node_modules/a.js",
        ".git/HEAD",
        ".devkit/run.json",
        "dump/large.sql",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    os.mkfifo(root / "services/shop/pipe")
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: elsewhere\n")  # a worktree's
    copy_repository(root, read_table(table_file(root)), tmp_path / "copy")
    copied = {
        path.relative_to(tmp_path / "copy").as_posix()
        for path in (tmp_path / "copy").rglob("*")
        if path.is_file()
    }
    assert copied == {
        "tilt_config.json", "dev/services.yaml", "dev/verify/buy.py", "services/shop/code/shop/__init__.py",
        "services/shop/code/shop/main.py",
    }  # fmt: skip


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
