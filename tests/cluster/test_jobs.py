"""Jobs: their lines as they come, the reason when they do not end, and nothing left of them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.jobs import run_job
from devkit.cluster.pods import pods_path

from tests.support.polling import PATIENCE


def spec(image: str, script: str, **more: Any) -> dict[str, Any]:
    """A pod that runs a shell script."""
    container = {
        "name": "job",
        "image": image,
        "command": ["sh", "-c", script],
        "imagePullPolicy": "Never",
        "resources": {"requests": {"cpu": "10m"}},
    }
    return {"terminationGracePeriodSeconds": 0, "containers": [container | more]}


def left(cluster: Cluster, namespace: str) -> list[str]:
    """Jobs and ConfigMaps of devkit's that are still there."""
    query = [("labelSelector", "app.kubernetes.io/managed-by=devkit")]
    paths = (f"/apis/batch/v1/namespaces/{namespace}/jobs", f"/api/v1/namespaces/{namespace}/configmaps")
    return [item["metadata"]["name"] for path in paths for item in cluster.get(path, query)["items"]]


def test_lines_come_while_it_runs_and_files_are_mounted(
    cluster: Cluster, namespace: str, service_image: str
) -> None:
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        if len(heard) == 1:
            listed = cluster.get(pods_path(namespace), [("labelSelector", "app.kubernetes.io/name=greet")])
            (running,) = (item["metadata"]["name"] for item in listed["items"])
            execute(cluster, namespace, "greet", "touch", "/tmp/heard", pod=running)

    pod = spec(
        service_image,
        # It goes on when the first line was heard: a line that came at the end would never come.
        "cat /files/deep/greeting.txt; until [ -e /tmp/heard ]; do sleep 0.1; done; echo bye",
        volumeMounts=[{"name": "files", "mountPath": "/files"}],
    )
    items = [{"key": "greeting", "path": "deep/greeting.txt"}]
    pod["volumes"] = [{"name": "files", "configMap": {"name": "{job}", "items": items}}]
    run_job(cluster, namespace, "greet", pod, files={"greeting": "grüße\n"}, deadline=PATIENCE, on_line=hear)
    assert heard == ["grüße", "bye"]
    assert left(cluster, namespace) == []


def test_a_failure_has_the_last_lines(cluster: Cluster, namespace: str, service_image: str) -> None:
    pod = spec(service_image, "for n in $(seq 20); do echo line $n; done; exit 3")
    with pytest.raises(DevkitError, match=r"failed \(Error, exit code 3\)\n    line 9\n") as problem:
        run_job(cluster, namespace, "fails", pod, deadline=PATIENCE)
    assert problem.value.message.endswith("    line 20")
    heard: list[str] = []
    with pytest.raises(DevkitError) as problem:
        run_job(cluster, namespace, "fails", pod, deadline=PATIENCE, on_line=heard.append)
    assert (len(heard), "line" in problem.value.message) == (20, False), "they are told once"
    assert left(cluster, namespace) == []


@pytest.mark.parametrize(
    ("image", "more", "reason"),
    [
        ("", {}, r"has not ended after \d+ s \(it is still running\)\n    started"),
        ("no-such-image:dev", {}, r"\(image .*no-such-image:dev cannot be pulled \(ErrImageNeverPull\)\)"),
        ("", {"resources": {"requests": {"cpu": "1000"}}}, r"\(not scheduled: .*Insufficient cpu"),
    ],
    ids=["works on", "no image", "no room"],
)
def test_the_reason_why_it_does_not_end(
    cluster: Cluster, namespace: str, service_image: str, image: str, more: dict[str, Any], reason: str
) -> None:
    pod = spec(image or service_image, "echo started; sleep 60", **more)
    with pytest.raises(DevkitError, match=reason):
        run_job(cluster, namespace, "stays", pod, deadline=8)
    assert left(cluster, namespace) == []


def test_someone_else_deletes_it(cluster: Cluster, namespace: str, service_image: str) -> None:
    running = threading.Event()

    def delete() -> None:
        running.wait(PATIENCE)
        for name in left(cluster, namespace):
            cluster.delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}")

    deleting = threading.Thread(target=delete)
    deleting.start()
    pod = spec(service_image, "echo go; sleep 60")
    with pytest.raises(DevkitError, match="not found"):
        run_job(cluster, namespace, "taken", pod, on_line=lambda _: running.set())
    deleting.join()
    assert left(cluster, namespace) == []
