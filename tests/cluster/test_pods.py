"""Pods as the API server has them, whatever the time is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from devkit.cluster.client import connect_local
from devkit.cluster.pods import list_pods, newest_ready

from tests.support.answers import on_port
from tests.support.api_server import NAME, items, kubeconfig
from tests.support.machine import make_workplace


def pod(name: str, created: str, ready: bool = True) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": {"name": name, "creationTimestamp": created, "labels": {"app": "api"}},
        "status": {"phase": "Running", "conditions": conditions},
    }


@pytest.mark.parametrize("year", [2001, 2999], ids=["clock ahead", "clock behind"])
def test_the_newest_is_the_one_that_the_server_made_last(year: int, tmp_path: Path) -> None:
    workplace = make_workplace(tmp_path)
    pods = items(
        pod("second", f"{year}-03-01T10:00:01Z"),
        pod("fourth", f"{year}-03-01T10:00:03Z", ready=False),
        pod("third", f"{year}-03-01T10:00:02Z"),
        pod("first", f"{year}-02-28T23:59:59Z"),
    )
    with on_port({"/api/v1/namespaces/demo-dev/pods": pods}) as port:
        kubeconfig(workplace, f"http://127.0.0.1:{port}")
        cluster = connect_local([NAME], {"HOME": str(workplace.home), "DEVKIT_ALLOW_CONTEXT": NAME})
        assert [one.name for one in list_pods(cluster, "demo-dev")] == ["fourth", "third", "second", "first"]
        newest = newest_ready(cluster, "demo-dev", "api")
    assert newest is not None
    assert (newest.name, newest.created) == ("third", f"{year}-03-01T10:00:02Z")
