"""The whole platform on a real cluster, from rollout to reset."""

from __future__ import annotations

import json
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.cluster.namespace import namespace_exists
from devkit.cluster.pods import list_pods
from devkit.cluster.wait import wait_for_ready_pod, wait_for_rollout
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.deployed import Deployed, kubectl
from tests.support.platform import python_services
from tests.support.polling import PATIENCE
from tests.support.shop import Shop, eventually, order

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


@pytest.fixture
def gateway(platform: Deployed) -> Iterator[str]:
    with forward(platform.cluster, platform.namespace, "gateway", 3000) as port:
        yield f"http://127.0.0.1:{port}"


def free_offset(platform: Deployed) -> int:
    """By how much to move the ports so that the gateway's is free here."""
    with forward(platform.cluster, platform.namespace, "gateway", 3000) as port:
        return port - 3000


@contextmanager
def somebody_else(port: int) -> Iterator[None]:
    """A gateway that is none of this platform's pods."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = json.dumps({"status": "ok", "service": "gateway", "instance": "gateway-0"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def replace_in(platform: Deployed, service: str, path: str, before: str, after: str) -> None:
    """Changes a file in a service's container by live sync."""
    text = execute(platform.cluster, platform.namespace, service, "cat", path).stdout.decode()
    assert before in text, path
    platform.sync(service, {path: text.replace(before, after)})


def test_every_pod_runs_as_nobody_in_particular(platform: Deployed) -> None:
    for pod in list_pods(platform.cluster, platform.namespace):
        if pod.app not in ("postgres", "redis"):
            assert (
                execute(platform.cluster, platform.namespace, pod.app, "id", "-u").stdout.strip() == b"10001"
            )


def test_no_service_link_collides_with_a_variable(platform: Deployed) -> None:
    wrote = execute(platform.cluster, platform.namespace, "gateway", "env").stdout.decode()
    links = [line for line in wrote.splitlines() if "_PORT=tcp://" in line]
    assert [line.partition("=")[0] for line in links] == ["KUBERNETES_PORT"]


def test_status_says_so(platform: Deployed) -> None:
    found = json.loads(platform.devkit("status", "--engine", "tilt", "--json", check=False).stdout)
    states = {unit["name"]: unit["state"] for unit in found["units"]}
    assert (states.pop("kubeview"), states.pop("slicer")) == ("off", "off")
    assert set(states.values()) == {"ready"}
    assert found["namespace"] == platform.namespace


def test_the_picture_is_live(platform: Deployed) -> None:
    drawn = platform.devkit("graph", "--engine", "tilt", "--format", "svg").stdout
    said = platform.devkit("graph", "--engine", "tilt").stdout
    for text in (drawn, said):
        assert text.count("ready") >= 9, text
    plain = platform.devkit("graph", "--no-live").stdout
    assert "ready" not in plain


def test_logs_and_restart(platform: Deployed) -> None:
    assert (
        "gridflock-service"
        in platform.devkit("logs", "gridflock-service", "--engine", "tilt", "-n", "5").stdout
    )
    before = {pod.name for pod in list_pods(platform.cluster, platform.namespace, "gridflock-service")}
    assert "ready again" in platform.devkit("restart", "gridflock-service", "--engine", "tilt").stderr
    pods = list_pods(platform.cluster, platform.namespace, "gridflock-service")
    assert not before & {pod.name for pod in pods if not pod.terminating}


def test_a_save_reaches_the_running_service(platform: Deployed, gateway: str) -> None:
    path = "/app/libs/common/health.py"
    pods = {pod.name for pod in list_pods(platform.cluster, platform.namespace, "gateway")}
    refused: list[str] = []
    asking = threading.Event()

    def ask() -> None:
        while not asking.wait(0.02):
            try:
                httpx.get(f"{gateway}/health/live", timeout=PATIENCE).raise_for_status()
            except httpx.HTTPError as problem:
                refused.append(repr(problem))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        replace_in(platform, "gateway", path, '"/live"', '"/alive"')
        url = f"{gateway}/health/alive"
        eventually("the new code answers", lambda: httpx.get(url, timeout=PATIENCE).status_code == 200)
    finally:
        asking.set()
        thread.join()
        replace_in(platform, "gateway", path, '"/alive"', '"/live"')
    eventually(
        "the old code is back",
        lambda: httpx.get(f"{gateway}/health/live", timeout=PATIENCE).status_code == 200,
    )
    assert {pod.name for pod in list_pods(platform.cluster, platform.namespace, "gateway")} == pods
    assert [pod.restarts for pod in list_pods(platform.cluster, platform.namespace, "gateway")] == [0]


def test_hot_module_replacement_through_a_forward_on_another_port(platform: Deployed) -> None:
    edit = "const f = require('fs'), p = 'src/main.tsx', t = f.readFileSync(p, 'utf8'); f.writeFileSync(p, t + '// x\\n')"
    with forward(platform.cluster, platform.namespace, "web", 4200) as port:
        page = httpx.get(f"http://localhost:{port}/", timeout=PATIENCE)
        assert "/@vite/client" in page.text
        client = httpx.get(f"http://localhost:{port}/@vite/client", timeout=PATIENCE).text
        token = client.partition('wsToken = "')[2].partition('"')[0]
        httpx.get(f"http://localhost:{port}/src/main.tsx", timeout=PATIENCE)
        address = f"ws://localhost:{port}/?token={token}"
        with connect(
            address, subprotocols=[Subprotocol("vite-hmr")], origin=Origin(f"http://localhost:{port}")
        ) as socket:
            assert json.loads(socket.recv(PATIENCE))["type"] == "connected"
            assert execute(platform.cluster, platform.namespace, "web", "node", "-e", edit).code == 0
            kinds = [json.loads(socket.recv(PATIENCE))["type"]]
            assert kinds[0] in ("update", "full-reload")


def events(watch: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What `kubectl get --watch` tells, one object a line."""
    for line in watch.stdout or ():
        yield json.loads(line)


def end_codes(told: Iterator[dict[str, Any]]) -> list[int]:
    """The exit codes of a pod's containers, when the pod is gone."""
    for event in told:
        if event["type"] == "DELETED":
            states = [status["state"] for status in event["object"]["status"]["containerStatuses"]]
            return [state["terminated"]["exitCode"] for state in states]
    raise AssertionError("kubectl's watch ended before the pod did")


def test_a_deleted_pod_is_never_killed(platform: Deployed) -> None:
    """Of each service that is built here; 137 would be SIGKILL, at the end of the grace period."""
    names = [*python_services(), "web"]
    pods = {name: list_pods(platform.cluster, platform.namespace, name)[0].name for name in names}
    watching = {
        name: subprocess.Popen(
            ["kubectl", "-n", platform.namespace, "get", "pod", pod, "--watch", "--output-watch-events", "-o", "json"],
            stdout=subprocess.PIPE, text=True,
        )
        for name, pod in pods.items()
    }  # fmt: skip
    try:
        told = {name: events(watch) for name, watch in watching.items()}
        begun = {name: next(each)["type"] for name, each in told.items()}
        assert set(begun.values()) == {"ADDED"}, begun
        kubectl("-n", platform.namespace, "delete", "pod", "--wait=false", *pods.values())
        ended = {name: end_codes(each) for name, each in told.items()}
    finally:
        for watch in watching.values():
            watch.kill()
            watch.wait()
        platform.wait(names)
    assert {name for name, codes in ended.items() if not codes or set(codes) - {0, 143}} == set(), ended


def test_what_is_switched_off_is_answered_for(platform: Deployed, gateway: str) -> None:
    plan = platform.plan(off=["gridflock-service"])
    try:
        # Its Service stays and gets another selector: the address is in caches.
        kubectl("-n", platform.namespace, "delete", "deployment", "gridflock-service")
        platform.wait(platform.apply(plan, {"switched-off"}))
        url = "http://gridflock-service:3004/anything"
        script = f"import httpx; a = httpx.get({url!r}); print(a.status_code, a.json()['service'])"

        def said() -> bool:
            done = execute(platform.cluster, platform.namespace, "gateway", "python", "-c", script)
            return done.stdout.decode().split() == ["503", "gridflock-service"]

        eventually("the stub answers for it", said)
        ready = httpx.get(f"{gateway}/health/ready", timeout=PATIENCE)
        assert ready.status_code == 200
        assert "gridflock" in ready.text
    finally:
        kubectl("-n", platform.namespace, "delete", "deployment,configmap", "switched-off")
        plan = platform.plan()
        platform.wait(platform.apply(plan, {"gridflock-service"}))


SLICER = """
import http.server
class Slicer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        answer = b'{"print_seconds": 4242, "filament_grams": 7, "layers": 3}'
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
http.server.ThreadingHTTPServer(("", 3010), Slicer).serve_forever()
"""


def test_the_slicer_and_who_stands_in_for_it(platform: Deployed, gateway: str, service_image: str) -> None:
    def told() -> str:
        with httpx.Client(base_url=gateway, timeout=PATIENCE, trust_env=False) as http:
            credentials = {"email": "dev@forma3d.local", "password": platform.secrets["LOGIN_PASSWORD"]}
            assert http.post("/api/v1/auth/login", json=credentials).status_code == 200
            made = http.post("/api/v1/baseplates", json={"columns": 2, "rows": 2})
            return made.headers.get("X-Print-Seconds", "") if made.status_code == 200 else ""

    eventually("provider-sim estimates", lambda: told() not in ("", "4242"))
    plan = platform.plan(slicer=True)
    (part,) = (each for each in plan["resources"] if each["name"] == "slicer")
    deployment, service = yaml.safe_load_all((platform.root / part["path"]).read_text())
    deployment["spec"]["template"]["spec"]["containers"][0] |= {
        "image": service_image, "command": ["python3", "-c", SLICER], "resources": {},
    }  # fmt: skip
    config = next(each["yaml"] for each in plan["manifests"] if "yaml" in each)
    try:
        kubectl("apply", "-f", "-", data=f"{config}\n---\n{yaml.safe_dump_all([deployment, service])}")
        platform.wait([*platform.apply(plan, {"gridflock-service"}), "slicer"])
        eventually("the slicer itself is asked", lambda: told() == "4242")
    finally:
        kubectl("-n", platform.namespace, "delete", "deployment,service", "slicer")
        kubectl("apply", "-f", str(platform.root / "k8s/dev/configmap.yaml"))
        platform.wait(platform.apply(platform.plan(), {"gridflock-service"}))


def test_a_webhook_by_hand(platform: Deployed) -> None:
    done = platform.devkit("webhook", "shopify", "orders/create", "--engine", "tilt")
    assert ": 20" in done.stderr


def test_a_webhook_takes_tilts_forward_only_when_a_pod_of_this_platform_answers_there(
    platform: Deployed,
) -> None:
    settings = platform.root / "tilt_config.json"
    before, offset = settings.read_text(), free_offset(platform)
    settings.write_text(json.dumps({**json.loads(before), "port_offset": str(offset)}))
    tilts = f"POST http://127.0.0.1:{3000 + offset}/"

    def goes_to() -> str:
        command = ("webhook", "shopify", "orders/create", "--engine", "tilt", "--dry-run")
        return platform.devkit(*command).stdout.splitlines()[0]

    try:
        with forward(platform.cluster, platform.namespace, "gateway", 3000, local_port=3000 + offset):
            assert goes_to().startswith(tilts)
        assert not goes_to().startswith(tilts), "nobody is there"
        with somebody_else(3000 + offset):
            assert not goes_to().startswith(tilts), "another clone's gateway"
    finally:
        settings.write_text(before)


def test_orders_outlive_postgres(platform: Deployed, gateway: str) -> None:
    shop = Shop(gateway, platform.secrets["SHOPIFY_CLIENT_SECRET"])
    assert shop.post("orders/create", order("CUP-1", order_id=820982911990000001)).status_code in (
        200,
        201,
        202,
    )
    rows = "select count(*) from orders"

    def count() -> bytes:
        command = ("psql", "-U", "forma3d", "-d", "forma3d", "-tAc", rows)
        return execute(platform.cluster, platform.namespace, "postgres", *command).stdout.strip()

    eventually("the order is stored", lambda: count() not in (b"", b"0"))
    before = count()
    kubectl("-n", platform.namespace, "delete", "pod", "-l", "app=postgres", "--wait=true")
    wait_for_ready_pod(platform.cluster, platform.namespace, "postgres", 120)
    assert count() == before


def test_a_deleted_pod_comes_back(platform: Deployed) -> None:
    kubectl("-n", platform.namespace, "delete", "pod", "-l", "app=order-service", "--wait=true")
    wait_for_rollout(platform.cluster, platform.namespace, "order-service", 120)


def test_verify(platform: Deployed) -> None:
    """Protocols, names, live sync, restarts and the order flow, all green."""
    done = platform.devkit(
        "verify",
        "--engine",
        "tilt",
        "--own-forwards",
        "--json",
        check=False,
        seconds=600,
    )
    assert done.stdout, done.stderr[-5000:]
    checks = json.loads(done.stdout)["checks"]
    assert not [check for check in checks if check["result"] == "failed"], done.stdout[-5000:]
    assert done.returncode == 0


def test_one_that_is_down_is_found_once(platform: Deployed) -> None:
    """Its name resolves all the same: the checks of names say what they left out."""
    scale = ("-n", platform.namespace, "scale", "deployment", "web", "--replicas")
    kubectl(*scale, "0")
    try:
        eventually(
            "the page is gone",
            lambda: (
                not kubectl("-n", platform.namespace, "get", "pods", "-l", "app=web", "-o", "name").strip()
            ),
            60,
        )
        chosen = ("--only", "dns", "--only", "forwards.web", "--engine", "tilt", "--own-forwards", "--json")
        checks = json.loads(platform.devkit("verify", *chosen, check=False, seconds=400).stdout)["checks"]
    finally:
        kubectl(*scale, "1")
        wait_for_rollout(platform.cluster, platform.namespace, "web", 120)
    failed = [check["id"] for check in checks if check["result"] == "failed"]
    names = [check["detail"] for check in checks if check["id"].startswith("dns.")]
    assert failed == ["forwards.web"]
    assert names
    assert all("(not web: no pod is ready)" in detail for detail in names)


def test_the_gateway_stands_the_webhook_suite_through_the_forward(platform: Deployed) -> None:
    done = platform.devkit("webhook", "suite", "--engine", "tilt", "--json", check=False)
    assert json.loads(done.stdout)["findings"] == [], done.stderr
    many = platform.devkit(
        "webhook", "shopify", "orders/create", "--engine", "tilt", "--times", "20", "--duplicate", "1", "--concurrency", "4"
    )  # fmt: skip
    assert "40 of 40 accepted" in many.stderr


def test_doctors_bundle_has_the_pods_logs_and_no_secret(platform: Deployed) -> None:
    """A value is planted that this clone's file does not have, in the Secret and in a pod's log."""
    planted = "planted-in-the-cluster-only"
    patch = json.dumps({"stringData": {"SENTRY_DSN": planted}})
    kubectl("-n", platform.namespace, "patch", "secret", "app-secrets", "--type=merge", "-p", patch)
    try:
        tell = f"import sys; open('/proc/1/fd/1', 'w').write('it is {planted}' + chr(10))"
        kubectl("-n", platform.namespace, "exec", "deploy/gateway", "--", "python", "-c", tell)
        platform.devkit("doctor", "--bundle", "--only", "project.table", check=False, seconds=240)
    finally:
        undo = json.dumps({"data": {"SENTRY_DSN": None}})
        kubectl("-n", platform.namespace, "patch", "secret", "app-secrets", "--type=merge", "-p", undo)
    (path,) = (Path(platform.root) / ".devkit" / "bundles").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert "gateway" in files["cluster/pods.txt"], sorted(files)
    (log,) = [text for name, text in files.items() if name.startswith("cluster/logs/gateway-")]
    assert "it is •••" in log
    everything = "".join(files.values())
    for name, value in {**platform.secrets, "planted": planted}.items():
        assert len(value) < 12 or value not in everything, name


# KubeView's rights, asked as its own ServiceAccount ---------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "what", "allowed"),
    [
        ("list", "pods", True), ("watch", "deployments.apps", True), ("list", "services", True),
        ("list", "secrets", True), ("get", "secrets", False), ("create", "pods", False), ("delete", "pods", False),
        ("create", "pods/exec", False), ("update", "configmaps", False), ("create", "serviceaccounts/token", False),
    ],
)  # fmt: skip
def test_kubeview_may_look_and_nothing_else(platform: Deployed, verb: str, what: str, allowed: bool) -> None:
    manifest = (platform.root / "k8s/dev/kubeview.yaml").read_text()
    rights = "\n---\n".join(part for part in manifest.split("\n---\n") if "kind: Deployment" not in part)
    kubectl("apply", "-f", "-", data=rights)
    account = f"--as=system:serviceaccount:{platform.namespace}:kubeview"
    assert (
        "yes" in kubectl("auth", "can-i", verb, what, account, "-n", platform.namespace, check=False)
    ) is allowed
    elsewhere = kubectl("auth", "can-i", verb, what, account, "-n", "kube-system", check=False)
    assert "yes" not in elsewhere


def test_z_reset_leaves_nothing(platform: Deployed) -> None:
    """Last: it takes the platform away."""
    refused = platform.devkit("reset", "--engine", "tilt", check=False)
    assert refused.returncode == 2
    done = platform.devkit("reset", "--engine", "tilt", "--yes")
    assert f"namespace {platform.namespace}" in done.stderr
    assert not namespace_exists(platform.cluster, platform.namespace)
    assert not (Path(platform.root) / "Tiltfile").exists()
