"""Pages that poll, through the real Traefik with its cookie: each stays with one of two gateways, and misses nothing in a roll."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from devkit.cluster.wait import wait_for_rollout

from tests.cluster.test_no_request_fails import PAGES, PODS, RATE
from tests.cluster.test_outages import shopping, wait_until_delivered
from tests.support.deployed import Deployed, kubectl, load
from tests.support.figures import Figures
from tests.support.images import needs_image
from tests.support.polling import PATIENCE
from tests.support.production import ended, signed_in, steady_pods

pytestmark = [pytest.mark.soak, pytest.mark.images, pytest.mark.timeout(1800)]

TRAEFIK = "traefik:v3"
COOKIE = "server_id"
HEADER = ("Pages that poll", "Connected, times", "Refused, times", "Wrong at the end")
FIGURES = Figures("sticky", "./devkit test --soak tests/cluster/test_sticky.py", HEADER)
RIGHTS = [
    {"apiGroups": [""], "resources": ["services", "secrets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": ["update"]},
]


def documents(namespace: str) -> list[dict[str, Any]]:
    """Traefik as an ingress controller that sees this namespace alone, and an Ingress for the gateway."""
    name = {"name": "traefik", "namespace": namespace}
    labels = {"app": "traefik"}
    arguments = [
        "--entrypoints.web.address=:8000",
        "--providers.kubernetesingress=true",
        f"--providers.kubernetesingress.namespaces={namespace}",
        "--providers.kubernetesingress.disableClusterScopeResources=true",
    ]
    pod = {
        "serviceAccountName": "traefik",
        "containers": [
            {"name": "traefik", "image": TRAEFIK, "args": arguments, "ports": [{"containerPort": 8000}]}
        ],
    }
    backend = {"service": {"name": "gateway", "port": {"number": 3000}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": name, "rules": RIGHTS},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": name,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "traefik"},
            "subjects": [{"kind": "ServiceAccount", **name}],
        },
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": name,
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": name,
            "spec": {"selector": labels, "ports": [{"port": 8000}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": name,
            "spec": {"rules": [{"http": {"paths": [path]}}]},
        },
    ]  # fmt: skip


@pytest.fixture(scope="module")
def proxied(production: Deployed) -> Iterator[Deployed]:
    """The platform's production images behind Traefik, which the gateways trust: they see all pages come from its address."""
    needs_image(TRAEFIK)
    load([TRAEFIK])
    made = yaml.safe_dump_all(documents(production.namespace))
    kubectl("apply", "-f", "-", data=made)
    try:
        wait_for_rollout(production.cluster, production.namespace, "traefik", PATIENCE)
        here = ("-n", production.namespace)
        address = kubectl(
            *here, "get", "pods", "-l", "app=traefik", "-o", "jsonpath={.items[0].status.podIP}"
        )
        _trust(production, address)
        yield production
    finally:
        _trust(production, "")
        kubectl("delete", "-f", "-", data=made)


def _trust(platform: Deployed, proxies: str) -> None:
    here = ("-n", platform.namespace)
    change = yaml.safe_dump({"data": {"gateway.TRUSTED_PROXIES": proxies}})
    kubectl(*here, "patch", "configmap/service-config", "--type=merge", "--patch", change)
    kubectl(*here, "rollout", "restart", "deployment/gateway")
    wait_for_rollout(platform.cluster, platform.namespace, "gateway", 240)


def pages(cookie: str, **more: str) -> dict[str, Any]:
    """What a pod of pages is told."""
    url = "http://traefik:8000"
    polling = f"{url}/socket.io/?EIO=4&transport=polling"
    return {
        "pages": {
            "count": PAGES,
            "cookie": cookie,
            "polling": polling,
            "orders": f"{url}/api/v1/orders?limit=100",
            **more,
        }
    }


def told(what: str, went: list[dict[str, Any]]) -> None:
    """A row of the figures: how it went with the pods' pages together."""
    pages, connected, refused = (sum(each[key] for each in went) for key in ("pages", "connected", "refused"))
    wrong = sum(len(each["wrong"]) for each in went)
    FIGURES.add(f"{pages}, {what}", str(connected), str(refused), str(wrong))


def test_a_page_stays_with_its_gateway_by_the_cookie(proxied: Deployed) -> None:
    """One that loses the cookie is refused by the other gateway: so the cookie is what keeps it."""
    cookie = signed_in(proxied)
    placed: list[str] = []
    with steady_pods(proxied, [pages(cookie), pages(cookie, forgetful=COOKIE)]) as names:
        shopping(proxied, placed, threading.Event(), 10, RATE)
        kept, forgetful = ended(proxied, names)
    told("with the cookie", [kept])
    told("that forget the cookie", [forgetful])
    assert (kept["connected"], kept["refused"], kept["wrong"]) == (PAGES, 0, [])
    assert forgetful["refused"] > PAGES / 4


def test_no_page_misses_a_thing_while_the_gateways_are_replaced(proxied: Deployed) -> None:
    placed: list[str] = []
    enough = threading.Event()
    with steady_pods(proxied, [pages(signed_in(proxied))] * PODS) as names:
        buying = threading.Thread(target=shopping, args=(proxied, placed, enough, 10_000, RATE))
        buying.start()
        try:
            kubectl("-n", proxied.namespace, "rollout", "restart", "deployment/gateway")
            wait_for_rollout(proxied.cluster, proxied.namespace, "gateway", 240)
        finally:
            enough.set()
            buying.join()
        wait_until_delivered(proxied, placed)
        went = ended(proxied, names)
    told("while both gateways are replaced", went)
    FIGURES.write()
    assert [each["wrong"] for each in went] == [[]] * PODS
    assert all(each["connected"] > each["pages"] for each in went)
