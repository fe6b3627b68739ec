"""The kubelet's summary, as a real one answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, Json, Query
from devkit.resources.sources.kubelet import KubeletSource, readings_of

NAMESPACE = "forma3d-dev"
SERVICES = ("gateway", "redis", "web", "kubeview", "slow")


def summary() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (Path(__file__).parent / "answers" / "kubelet-summary.json").read_text()
    )
    return found


def apps(answer: dict[str, Any]) -> dict[str, str]:
    names = [pod["podRef"]["name"] for pod in answer["pods"]]
    return {name: name.rsplit("-", 2)[0] for name in names}


def test_a_recorded_answer() -> None:
    answer = summary()
    found = {each.service: each for each in readings_of(answer, NAMESPACE, apps(answer), SERVICES)}
    assert set(found) == {"gateway", "redis", "web"}
    redis = found["redis"]
    assert redis.instance == "redis-84bfd7bfcc-2qdtt"
    assert redis.memory == 6680576, "the working set, not what is resident or cached"
    assert [part.cpu for part in redis.parts.values()] == [0.931598929]
    assert redis.at == pytest.approx(1795648388.0)
    assert redis.share is None


def test_other_namespaces_sidecars_and_pods_without_figures_are_left_out() -> None:
    answer = summary()
    gateway = next(pod for pod in answer["pods"] if pod["podRef"]["name"].startswith("gateway"))
    own = gateway["containers"][0]
    gateway["containers"] += [{**own, "name": "linkerd-proxy"}]
    starting = {
        "podRef": {"name": "web-2", "namespace": NAMESPACE, "uid": "u"},
        "containers": [{"name": "web"}],
    }
    answer["pods"].append(starting)
    elsewhere = {**gateway, "podRef": {**gateway["podRef"], "namespace": "another"}}
    answer["pods"].append(elsewhere)
    found = readings_of(answer, NAMESPACE, {**apps(answer), "web-2": "web"}, SERVICES)
    assert sorted(each.service for each in found) == ["gateway", "redis", "web"]
    assert readings_of({}, NAMESPACE, {}, SERVICES) == []


def test_a_container_that_crashed_has_another_counter() -> None:
    before = summary()
    after = summary()
    for pod in after["pods"]:
        for container in pod["containers"]:
            container["startTime"] = "2026-11-25T23:20:00Z"
    (one,), (other,) = (readings_of(answer, NAMESPACE, apps(answer), ["redis"]) for answer in (before, after))
    assert not set(one.parts) & set(other.parts)


class Server:
    """Answers as an API server would; the summary may be refused."""

    def __init__(self, refusal: DevkitError | None = None) -> None:
        self.refusal = refusal

    def get(self, path: str, query: Query = (), *, seconds: float | None = None) -> Json:
        answer = summary()
        if path.endswith("/proxy/stats/summary"):
            assert path == "/api/v1/nodes/node/proxy/stats/summary"
            if self.refusal:
                raise self.refusal
            return answer
        pods = [
            {
                "metadata": {"name": name, "labels": {"app": app}},
                "spec": {"nodeName": "node"},
                "status": {"phase": "Running"},
            }
            for name, app in apps(answer).items()
        ]
        starting = {"metadata": {"name": "slow-1", "labels": {"app": "slow"}}, "spec": {}, "status": {"phase": "Pending"}}  # fmt: skip
        return {"items": [*pods, starting]}


def test_what_is_not_there_says_why() -> None:
    server = cast(Cluster, Server())
    look = KubeletSource(server, NAMESPACE, (*SERVICES, "nowhere"), {"kubeview": "switched off"}).look()
    assert {reading.service for reading in look.readings} == {"gateway", "redis", "web"}
    assert look.absent == {
        "kubeview": "switched off",
        "slow": "its pod is pending; the kubelet has no figures of it yet",
        "nowhere": "has no pod",
    }


def test_a_user_who_may_not_ask_the_kubelet_is_told_what_is_missing() -> None:
    refusal = DevkitError("'dev' refused: nodes \"node\" is forbidden", exit_code=ExitCode.REFUSED)
    with pytest.raises(DevkitError, match="the kubelet of node node") as problem:
        KubeletSource(cast(Cluster, Server(refusal)), NAMESPACE, SERVICES, {}).look()
    assert "nodes/proxy" in str(problem.value.fix)
    assert problem.value.exit_code == 5
