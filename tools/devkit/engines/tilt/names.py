"""Names inside the cluster: asked in the pods of services, as they themselves would."""

from __future__ import annotations

import json
from collections.abc import Collection

from devkit.checks import Problem
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.pods import list_pods
from devkit.engines.site import LookUp
from devkit.model import Table

__all__ = ["names_in"]


def names_in(cluster: Cluster, table: Table, name: str, look_up: LookUp, expected: Collection[str]) -> str:
    """In a pod of `name` every Service resolves by its short and its full name, and connects where a pod is ready.
    Those `expected` must have one. Raises Problem with those that do not."""
    namespace = table.namespace
    services = cluster.get(f"/api/v1/namespaces/{namespace}/services")["items"]
    known = {item["metadata"]["name"]: item["spec"] for item in services}
    missing = [each for each in table.services if each in expected and each not in known]
    if missing:
        raise Problem(f"there is no Service {', '.join(missing)}", "tilt up applies k8s/dev/")
    there = {pod.app for pod in list_pods(cluster, namespace) if pod.ready and not pod.terminating}
    asked: list[tuple[str, str, int | None]] = []
    absent: list[str] = []
    for each, spec in known.items():
        if each not in table.services or spec.get("clusterIP", "None") == "None":
            continue
        ready = (spec.get("selector") or {}).get("app") in there
        if not ready:
            absent.append(each)
        # Both names lead to the same address, so one connection to it is enough.
        asked.append((each, spec["clusterIP"], spec["ports"][0]["port"] if ready else None))
        asked.append((f"{each}.{namespace}.svc.cluster.local", spec["clusterIP"], None))
    done = execute(cluster, namespace, name, *look_up(asked), deadline=40)
    if done.code:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Problem(f"names could not be asked for: {' '.join(last) or f'exit code {done.code}'}")
    wrong: list[str] = json.loads(done.stdout)
    if wrong:
        raise Problem("; ".join(wrong), f"kubectl -n {namespace} get services,endpoints")
    none = f" (not {', '.join(absent)}: no pod is ready)" if absent else ""
    return f"{len(asked) // 2} services resolve by both names and connect{none}"
