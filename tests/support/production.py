"""The deployed platform with its production images, and pods that put steady load on it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from devkit.cluster.forward import forward
from signatures import scheme

from tests.support import steady
from tests.support.deployed import Deployed, kubectl, load
from tests.support.images import build
from tests.support.polling import PATIENCE
from tests.support.shop import eventually, order

__all__ = ["SCALED", "ended", "production_of", "signed_in", "steady_pods", "streams"]

SCALED = ("gateway", "order-service", "print-service", "shipping-service", "gridflock-service")
PROGRAM = Path(steady.__file__)


@contextmanager
def production_of(platform: Deployed) -> Iterator[Deployed]:
    """The platform's production images, two of each, on a root that nobody can write to; then development's again."""
    plan = platform.plan(debug=False)
    parts = [part for part in plan["resources"] if part["name"] in (*SCALED, "web")]
    images = {part["name"]: f"{part['image']}:devkit-test-prod" for part in parts}
    for part in parts:
        given = part["build"]
        arguments = [
            word for name, value in given["args"].items() for word in ("--build-arg", f"{name}={value}")
        ]
        build(Path(given["dockerfile"]).name, "--target", "prod", "--tag", images[part["name"]], *arguments)
    load(list(images.values()))
    documents = [
        _in_production(document, images[part["name"]])
        for part in parts
        for document in yaml.safe_load_all(part.get("yaml") or (platform.root / part["path"]).read_text())
    ]
    kubectl("apply", "-f", "-", data=yaml.safe_dump_all(documents))
    try:
        platform.wait(list(images))
        yield platform
    finally:
        platform.wait(platform.apply(platform.plan(), set(images)))


def _in_production(document: dict[str, Any], image: str) -> dict[str, Any]:
    if document["kind"] == "Deployment":
        document["spec"]["replicas"] = 2
        pod = document["spec"]["template"]["spec"]
        [container] = pod["containers"]
        container["image"] = image
        container.setdefault("env", []).extend([
            {"name": "BREAKPOINT_SECONDS", "value": "0"},
            # Until every node's routes know that a pod goes: seconds, where two cores have all this to do.
            {"name": "DRAIN_SECONDS", "value": "15"},
        ])  # fmt: skip
        container.setdefault("securityContext", {})["readOnlyRootFilesystem"] = True
        container.setdefault("volumeMounts", []).append({"name": "tmp", "mountPath": "/tmp"})
        pod.setdefault("volumes", []).append({"name": "tmp", "emptyDir": {}})
    return document


def _webhook(
    platform: Deployed, provider: str, path: str, secret: str, headers: dict[str, str], body: Any
) -> dict[str, Any]:
    """A signed webhook, the same each time: its first is stored, all others are known."""
    raw = json.dumps(body).encode()
    signed = scheme(provider).sign(platform.secrets[secret], raw)
    return {
        "method": "POST",
        "url": f"http://gateway:3000{path}",
        "body": raw.decode(),
        "headers": {"Content-Type": "application/json", **headers, **signed},
    }


def streams(platform: Deployed, cookie: str) -> list[dict[str, Any]]:
    """Requests to every service, through the gateway and directly; each on kept connections, and on new ones."""
    shopify = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": secrets.token_hex(8)}
    sold = _webhook(
        platform, "shopify", "/api/v1/webhooks/shopify", "SHOPIFY_CLIENT_SECRET", shopify, order("BIN-2x1")
    )
    asked = {
        "orders": {"method": "GET", "url": "http://gateway:3000/api/v1/orders?limit=5", "headers": {"Cookie": cookie}},
        "a webhook": sold,
        "a baseplate": {
            "method": "POST", "url": "http://gateway:3000/api/v1/baseplates", "body": '{"columns": 1, "rows": 1, "height_mm": 5}',
            "headers": {"Cookie": cookie, "Content-Type": "application/json"},
        },
        "the page": {"method": "GET", "url": "http://web:4200/"},
    }  # fmt: skip
    asked |= {
        name: {"method": "GET", "url": f"http://{name}:{port}/health/live"}
        for name, port in zip(SCALED[1:], range(3001, 3005), strict=True)
    }
    return [
        {**each, "name": f"{name}, {'kept' if kept else 'new'}", "kept": kept, "every": 1.5}
        for name, each in asked.items()
        for kept in (True, False)
    ]


@contextmanager
def steady_pods(platform: Deployed, todo: list[dict[str, Any]]) -> Iterator[list[str]]:
    """A pod for each thing to do, begun."""
    image = kubectl(
        "-n",
        platform.namespace,
        "get",
        "deployment/gateway",
        "-o",
        "jsonpath={.spec.template.spec.containers[0].image}",
    )
    names = [f"steady-{number}" for number in range(len(todo))]
    documents: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "steady"},
            "data": {"steady.py": PROGRAM.read_text()},
        }
    ]
    for name, each in zip(names, todo, strict=True):
        container = {
            "name": "steady", "image": image, "command": ["python3", "/steady/steady.py"],
            "env": [{"name": "STEADY", "value": json.dumps(each)}],
            "resources": {"requests": {"cpu": "150m"}},
            "volumeMounts": [{"name": "steady", "mountPath": "/steady"}],
        }  # fmt: skip
        spec = {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            "volumes": [{"name": "steady", "configMap": {"name": "steady"}}],
        }
        documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    try:
        kubectl("-n", platform.namespace, "apply", "-f", "-", data=yaml.safe_dump_all(documents))
        for name in names:
            eventually(f"{name} has begun", lambda name=name: "begun" in _log(platform, name), PATIENCE)  # type: ignore[misc]
        yield names
    finally:
        kubectl("-n", platform.namespace, "delete", "configmap/steady", *(f"pod/{name}" for name in names))


def _log(platform: Deployed, pod: str) -> str:
    """What it wrote so far."""
    return kubectl("-n", platform.namespace, "logs", pod, check=False)


def ended(platform: Deployed, pods: list[str]) -> list[dict[str, Any]]:
    """Ends what the pods do; how it went, in their own words."""
    for name in pods:
        kubectl("-n", platform.namespace, "exec", name, "--", "touch", steady.END)
    return [_told(platform, name) for name in pods]


def _told(platform: Deployed, pod: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(eventually(f"{pod} ends", lambda: _last(platform, pod), 3 * PATIENCE))
    return found


def _last(platform: Deployed, pod: str) -> str:
    lines = _log(platform, pod).splitlines()
    return lines[-1] if lines and lines[-1].startswith("{") else ""


def signed_in(platform: Deployed) -> str:
    """The cookie of a session."""
    with forward(platform.cluster, platform.namespace, "gateway", 3000) as port:
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/auth/dev-login", timeout=PATIENCE, trust_env=False
        )
        assert answer.is_success, answer.text
        return f"forma3d_session={answer.cookies['forma3d_session']}"
