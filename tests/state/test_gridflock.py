"""gridflock-service makes plates in memory: nothing of them is on the disk, also when it is killed while it makes one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from devkit.database.server import WaitPolicy
from devkit.instance import PrivateInstance, private_instance
from devkit.instance.watching import Watching
from devkit.operations.contract import Job, opened
from devkit.verify.project import Platform

from tests.support.platform import ROOT
from tests.support.polling import looks

_NAME = "gridflock-service"


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[PrivateInstance, Watching]]:
    """A platform of the test's own, its services watched."""
    with private_instance(Path(ROOT)) as instance:
        watching = Watching(instance)
        instance.run(lambda unit: [watching.watched(unit)])
        yield instance, watching


def test_killed_in_the_middle_it_leaves_no_file(watched: tuple[PrivateInstance, Watching]) -> None:
    instance, watching = watched
    platform = Platform(instance.site())
    columns = 20
    while True:
        order = {"line_items[0].sku": f"GF-{columns}x20", "line_items[0].quantity": 1}
        sent, _ = platform.webhook("shopify", "orders/create", order)
        pid = _making(instance)
        os.kill(pid, signal.SIGKILL)
        if _jobs(instance):  # it was not done yet
            break
        columns -= 1
        assert columns, "every plate was made before it could be killed"
    files = [
        path for folder in (watching.temporary(_NAME), watching.home(_NAME)) for path in folder.rglob("*")
    ]
    assert files == []
    for _ in looks():  # the next process takes it over
        if not _jobs(instance):
            break
    assert _jobs(instance) == []
    with httpx.Client(base_url=platform.url("gateway"), trust_env=False) as page:
        page.post("/api/v1/auth/dev-login")
        orders = page.get("/api/v1/orders").json()["orders"]
    models = [
        item["print_job"]["status"]
        for o in orders
        if o["shopify_order_id"] == str(sent["id"])
        for item in o["items"]
    ]
    assert models, orders
    assert not {"modelling", "failed"} & set(models), models
    touched = {
        (record.what, record.path)
        for record in watching.records()
        if record.service == _NAME and record.what in ("write", "left")
    }
    assert touched == set()


def _making(instance: PrivateInstance) -> int:
    """Waits until a plate is being made. Who makes it."""
    for _ in looks():
        child = instance.runner(_NAME).child
        if child is not None and any(job.state == "running" for job in _jobs(instance)):
            return child.pid
    raise AssertionError(f"nobody makes a plate: {_jobs(instance)}")


def _jobs(instance: PrivateInstance) -> list[Job]:
    url = next(unit.environment["DATABASE_URL"] for unit in instance.units if unit.name == _NAME)
    with opened(instance.table, url, WaitPolicy(10.0)) as operations:
        return operations.jobs(_NAME)
