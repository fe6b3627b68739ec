"""`devkit webhook`: what a receiver gets is what the provider would send, byte for byte provable."""

from __future__ import annotations

import hmac
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import yaml
from devkit.cli import main
from signatures import scheme

from tests.support.demo import Demo
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.supervised import supervised


@dataclass
class Receiver:
    """Takes posts as the gateway would, and remembers them."""

    server: ThreadingHTTPServer
    status: int = 200
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.path, dict(self.headers), body))
            self.send_response(kept.status)
            self.end_headers()
            self.wfile.write(b'{"status":"stored"}')

        def log_message(self, *_: object) -> None:
            pass

    kept = Receiver(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    threading.Thread(target=kept.server.serve_forever, daemon=True).start()
    yield kept
    kept.server.shutdown()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Demo]:
    """The project's own table, its gateway's port being the receiver's."""
    root = tmp_path_factory.mktemp("clone")
    table = yaml.safe_load((Path(ROOT) / "dev" / "services.yaml").read_text())
    table["services"]["gateway"]["port"] = receiver.server.server_port
    (root / "dev").mkdir()
    (root / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    (root / "dev" / "webhooks").symlink_to(Path(ROOT) / "dev" / "webhooks")
    made = Demo(root, {})
    made.devkit("secrets", "init")
    with supervised(root, "gateway"):
        yield made


def secrets(clone: Demo) -> dict[str, str]:
    values: dict[str, str] = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"]
    return values


@pytest.mark.parametrize(
    ("provider", "topic", "path", "secret"),
    [
        ("shopify", "orders/create", "/api/v1/webhooks/shopify", "SHOPIFY_CLIENT_SECRET"),
        ("simplyprint", "job.done", "/webhooks/simplyprint", "SIMPLYPRINT_WEBHOOK_TOKEN"),
        ("sendcloud", "parcel_status_changed", "/webhooks/sendcloud", "SENDCLOUD_SECRET_KEY"),
    ],
)
def test_the_signature_fits_the_body(
    clone: Demo, receiver: Receiver, provider: str, topic: str, path: str, secret: str
) -> None:
    done = clone.devkit("webhook", provider, topic)
    got_path, headers, body = receiver.got[-1]
    value = secrets(clone)[secret]
    assert got_path == path
    assert scheme(provider).verify(value, body, headers)
    assert not scheme(provider).verify(value + "x", body, headers)
    assert json.loads(done.stdout) == {"status": "stored"}
    assert value not in done.stdout + done.stderr


def test_shopify_sends_its_headers_and_fresh_ids_past_2_to_the_53(clone: Demo, receiver: Receiver) -> None:
    for _ in range(2):
        clone.devkit("webhook", "shopify", "orders/create")
    (_, first_headers, first), (_, second_headers, second) = receiver.got[-2:]
    assert first_headers["X-Shopify-Topic"] == "orders/create"
    assert first_headers["X-Shopify-Webhook-Id"] != second_headers["X-Shopify-Webhook-Id"]
    ids = [json.loads(body)["id"] for body in (first, second)]
    assert ids[0] != ids[1]
    assert min(ids) > 2**53


def test_seed_and_set(clone: Demo, receiver: Receiver) -> None:
    for _ in range(2):
        clone.devkit(
            "webhook", "shopify", "orders/create", "--seed", "7", "--set", "line_items[1].quantity=5"
        )
    orders = [json.loads(body) for _, _, body in receiver.got[-2:]]
    assert orders[0]["id"] == orders[1]["id"]
    assert orders[0]["line_items"][1]["quantity"] == 5


def test_payload_from_a_file_is_sent_as_it_is(clone: Demo, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"id": 1, "ünïcode": "ß"}', "utf-8")
    clone.devkit("webhook", "shopify", "customers/update", "--payload", str(tmp_path / "body.json"))
    assert json.loads(receiver.got[-1][2]) == {"id": 1, "ünïcode": "ß"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shopfy", "orders/create"], 2, "no webhook provider 'shopfy'; did you mean 'shopify'?"),
        (["Shopify", "orders/create"], 2, "did you mean 'shopify'?"),
        (["SHOPIFY", "orders/create"], 2, "did you mean 'shopify'?"),
        (["listt"], 2, "did you mean the command ./devkit webhook list?"),
        (["verfy", "last"], 2, "did you mean the command ./devkit webhook verify?"),
        (["orders/create"], 2, "→ ./devkit webhook shopify orders/create\n"),
        (["job.dome"], 2, "→ ./devkit webhook simplyprint job.done\n"),
        (["list", "shopfy"], 2, "did you mean 'shopify'?"),
        (["suite", "shopfy"], 2, "did you mean 'shopify'?"),
        (["shopify", "orders/crate"], 2, "did you mean 'orders/create'?"),
        (["shopify", "ORDERS/CREATE"], 2, "did you mean 'orders/create'?"),
        (["shopify", "refund"], 2, "did you mean 'refunds/create'?"),
        (["shopify", "paid"], 2, "did you mean 'orders/paid'?"),
        (["shopify", "orders"], 2, "there is orders/cancelled, orders/create, "),
        (["sendcloud", "delivered"], 2, "did you mean 'parcel_status_changed/delivered'?"),
        (["simplyprint", "job.status_changed"], 2, "job.started, job.paused, job.done, job.failed"),
        (["simplyprint"], 2, "simplyprint has job.bed_cleared, "),
        (["github"], 2, "github has issues, ping, pull_request, push, release, workflow_run"),
        (["github", "star"], 2, "there is no example of star here"),
        (["standard-webhooks"], 2, "there is no example of standard-webhooks here"),
        (["shopify", "orders/create", "--content-type", "form"], 2, "shopify sends no forms"),
        (["github", "push", "--header-style", "plain"], 2, "github's headers have no such style"),
        (["shopify", "orders/paid", "--header-style", "svix"], 2, "→ there is plain"),
        (["nothing-like-it", "x"], 2, "providers: github, sendcloud, "),
        (["shopify"], 2, "no topic given"),
        (["shopify", "orders/create", "--set", "nothing"], 2, "not PATH=VALUE"),
        (["shopify", "orders/create", "--expect", "200,ok"], 2, "--expect 200,ok: 'ok' is no status"),
        (["shopify", "orders/create", "--expect", "999"], 2, "'999' is no status"),
        (["shopify", "orders/create", "--set", "line_items[9].quantity=1"], 2, "the payload has no 9 there"),
        (["shopify", "orders/create", "--payload", "/does/not/exist"], 2, "No such file"),
    ],
)
def test_mistakes_are_explained(
    clone: Demo,
    arguments: list[str],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEVKIT_ROOT", str(clone.root))
    assert main(["webhook", *arguments]) == code
    assert message in capsys.readouterr().err


def test_a_refusal_and_silence_are_exit_5(clone: Demo, receiver: Receiver) -> None:
    receiver.status = 401
    try:
        refused = clone.devkit("webhook", "shopify", "orders/create", check=False)
    finally:
        receiver.status = 200
    assert (refused.returncode, ": 401 in" in refused.stderr) == (5, True)
    table = clone.root / "dev" / "services.yaml"
    before = table.read_text()
    table.write_text(before.replace(f"port: {receiver.server.server_port}", "port: 1999"))
    nobody = clone.devkit("webhook", "shopify", "orders/create", check=False)
    table.write_text(before)
    assert nobody.returncode == 5
    assert "nothing listens there" in nobody.stderr
    assert "./devkit status shows how gateway is" in nobody.stderr


def test_send_may_be_spelt_out(clone: Demo, receiver: Receiver) -> None:
    for given in (
        ("send", "shopify", "orders/paid"),
        ("shopify", "orders/paid"),
        ("--seed", "1", "shopify", "orders/paid"),
    ):
        before = len(receiver.got)
        clone.devkit("webhook", *given)
        assert [got[1]["X-Shopify-Topic"] for got in receiver.got[before:]] == ["orders/paid"]
    unknown = clone.devkit("webhook", "send", "send", "x", check=False)
    assert (unknown.returncode, "no webhook provider 'send'" in unknown.stderr) == (2, True)


def test_elsewhere_the_platform_is_no_remedy(clone: Demo) -> None:
    done = clone.devkit("webhook", "shopify", "orders/create", "--to", "http://localhost:1/x", check=False)
    assert (done.returncode, "nothing listens there" in done.stderr) == (5, True)
    assert "./devkit up" not in done.stderr


def test_list_of_one_provider(clone: Demo) -> None:
    listed = clone.devkit("webhook", "list", "shopify").stdout.splitlines()
    assert "shopify orders/create" in listed
    assert {line.split()[0] for line in listed} == {"shopify"}
    assert "shopify themes/publish (--payload)" in clone.devkit("webhook", "list", "shopify", "--all").stdout
    assert "stripe charge.succeeded\n" in clone.devkit("webhook", "list", "stripe").stdout
    none = clone.devkit("webhook", "list", "standard-webhooks")
    assert (none.stdout, "there is no example of standard-webhooks here" in none.stderr) == ("", True)


def test_list_names_every_payload(clone: Demo) -> None:
    listed = clone.devkit("webhook", "list").stdout.splitlines()
    folder = Path(ROOT) / "dev" / "webhooks"
    files = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json")}
    assert files <= {line.replace(" ", "/", 1) for line in listed}
    assert "sendcloud parcel_status_changed/delivered" in listed, "made from another one"
    assert not any("(--payload)" in line for line in listed)
    everything = clone.devkit("webhook", "list", "--all").stdout.splitlines()
    assert set(listed) < set(everything)
    assert "shopify themes/publish (--payload)" in everything


def test_many_with_a_summary(clone: Demo, receiver: Receiver) -> None:
    before = len(receiver.got)
    done = clone.devkit(
        "webhook", "shopify", "orders/create", "--times", "5", "--duplicate", "1", "--out-of-order", "--concurrency", "4"
    )  # fmt: skip
    sent = receiver.got[before:]
    assert len(sent) == 10
    assert len({headers["X-Shopify-Webhook-Id"] for _, headers, _ in sent}) == 5
    assert "10 of 10 accepted in" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["200", "10"] in rows
    assert [row[0] for row in rows][-4:] == ["p50", "p90", "p99", "slowest"]


def test_tampered_with_it_is_to_be_refused(clone: Demo, receiver: Receiver) -> None:
    accepted = clone.devkit("webhook", "sendcloud", "parcel_status_changed", "--tamper", "body", check=False)
    value = secrets(clone)["SENDCLOUD_SECRET_KEY"]
    assert accepted.returncode == 5, "the receiver took it"
    assert not scheme("sendcloud").verify(value, receiver.got[-1][2], receiver.got[-1][1])
    receiver.status = 401
    try:
        clone.devkit("webhook", "sendcloud", "parcel_status_changed", "--tamper", "signature")
    finally:
        receiver.status = 200


@pytest.mark.parametrize(
    ("status", "expect", "code"),
    [
        (200, "200", 0),
        (401, "200,401", 0),
        (401, "4xx", 0),
        (503, "2xx, 401", 1),
        (200, "401", 1),
        (202, "200", 1),
    ],
)
@pytest.mark.parametrize("times", ["1", "3"])
def test_what_is_expected_decides(
    clone: Demo, receiver: Receiver, status: int, expect: str, code: int, times: str
) -> None:
    receiver.status = status
    try:
        done = clone.devkit(
            "webhook",
            "shopify",
            "orders/create",
            "--tamper",
            "body",
            "--times",
            times,
            "--expect",
            expect,
            check=False,
        )
    finally:
        receiver.status = 200
    assert done.returncode == code, done.stderr
    assert (f"devkit: expected {expect}" in done.stderr) is bool(code)


def test_retries_at_the_providers_times_but_faster(clone: Demo, receiver: Receiver) -> None:
    receiver.status = 500
    try:
        before = len(receiver.got)
        done = clone.devkit(
            "webhook", "shopify", "orders/create", "--retry", "--speed", "1000000", check=False
        )
    finally:
        receiver.status = 200
    assert (done.returncode, len(receiver.got) - before) == (5, 9)
    assert "500 in" in done.stderr
    assert "(try 9)" in done.stderr
    waits = [line for line in done.stderr.splitlines() if " failed: " in line]
    assert len(waits) == 8
    assert waits[2] == "try 3 of 9 failed: 500; next in 0 ms"
    assert len({headers["X-Shopify-Webhook-Id"] for _, headers, _ in receiver.got[before:]}) == 1


@pytest.mark.parametrize("terminal", [False, True])
def test_each_wait_is_told_when_it_begins(clone: Demo, receiver: Receiver, terminal: bool) -> None:
    ours, theirs = os.openpty() if terminal else os.pipe()
    receiver.status = 503
    command = clone.command("webhook", "shopify", "orders/create", "--retry", "--speed", "0.25")
    environment = clone.environment(TERM="xterm", COLUMNS="80")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        deadline = time.monotonic() + PATIENCE
        while b"; next in 40 s" not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([ours], [], [], 1)[0]:
                shown += os.read(ours, 4096)
        assert b"try 1 of 9 failed: 503; next in 40 s" in shown
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        receiver.status = 200
        process.kill()
        process.wait()
        os.close(ours)


def test_a_dry_run_and_curl_send_nothing_and_show_no_secret(clone: Demo, receiver: Receiver) -> None:
    before = len(receiver.got)
    dry = clone.devkit("webhook", "simplyprint", "job.done", "--dry-run")
    curl = clone.devkit("webhook", "simplyprint", "job.done", "--print-curl")
    assert len(receiver.got) == before
    secret = secrets(clone)["SIMPLYPRINT_WEBHOOK_TOKEN"]
    assert secret not in dry.stdout + dry.stderr + curl.stdout + curl.stderr
    assert "X-SP-Secret: •••" in dry.stdout
    assert '"X-SP-Secret: $SIMPLYPRINT_WEBHOOK_TOKEN"' in curl.stdout


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("https://example.com/hook", 5, "example.com is not this machine"),
        ("http://127.0.0.1.example.com/", 5, "is not this machine"),
        ("http://10.0.0.1/", 5, "10.0.0.1 is not this machine"),
        ("ftp://127.0.0.1/", 2, "not an http(s):// URL"),
        ("http://[::1", 2, "not an http(s):// URL"),
        ("nonsense", 2, "not an http(s):// URL"),
    ],
)
def test_what_is_signed_stays_on_this_machine(clone: Demo, url: str, code: int, message: str) -> None:
    done = clone.devkit("webhook", "shopify", "orders/create", "--to", url, check=False)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr


def test_elsewhere_on_this_machine(clone: Demo, receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{receiver.server.server_port}/elsewhere"
        clone.devkit("webhook", "shopify", "orders/create", "--to", url)
        assert receiver.got[-1][0] == "/elsewhere"
    clone.devkit(
        "webhook", "shopify", "orders/create", "--to", "https://example.com/", "--allow-remote", "--dry-run"
    )


def test_given_bytes_are_sent_as_they_are_unless_they_are_changed(
    clone: Demo, receiver: Receiver, tmp_path: Path
) -> None:
    raw = b'{ "id" : 1.0e2,\n"more": [ ] }\n'
    (tmp_path / "body.json").write_bytes(raw)
    given = ("webhook", "shopify", "a/new_topic", "--payload", str(tmp_path / "body.json"))
    clone.devkit(*given)
    assert receiver.got[-1][2] == raw
    clone.devkit(*given, "--set", "id=2", "--add", "more[]=x")
    assert receiver.got[-1][2] == b'{"id":2,"more":["x"]}'
    clone.devkit(*given, "--remove", "more")
    assert json.loads(receiver.got[-1][2]) == {"id": 100.0}


def test_a_form_as_github_sends_it_by_default(clone: Demo, receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.server.server_port}/github"
    clone.devkit(
        "webhook", "github", "push", "--content-type", "form", "--to", url, "--secret-stdin", stdin="hush"
    )
    _, headers, body = receiver.got[-1]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(dict(parse_qsl(body.decode()))["payload"])["ref"] == "refs/heads/main"
    assert scheme("github").verify("hush", body, headers)
    digest = hmac.new(b"hush", body, "sha1").hexdigest()
    assert headers["X-Hub-Signature"] == f"sha1={digest}"


def test_what_is_sent_has_the_providers_spelling(clone: Demo, receiver: Receiver) -> None:
    clone.devkit("webhook", "shopify", "orders/create", "--set", "note=a/b & <c>")
    assert rb'"note":"a\/b \u0026 \u003cc\u003e"' in receiver.got[-1][2]
    curl = clone.devkit("webhook", "shopify", "orders/create", "--set", "note=a/b", "--print-curl")
    assert r'"note":"a\/b"' in curl.stdout
    url = f"http://127.0.0.1:{receiver.server.server_port}/stripe"
    clone.devkit("webhook", "stripe", "charge.succeeded", "--to", url, "--secret-stdin", stdin="whsec_hush")
    assert b'"metadata": {\n      },\n' in receiver.got[-1][2]


def test_newer_apps_headers(clone: Demo, receiver: Receiver) -> None:
    clone.devkit("webhook", "shopify", "orders/create", "--header-style", "plain")
    _, headers, body = receiver.got[-1]
    assert headers["shopify-topic"] == "orders/create"
    assert not [name for name in headers if name.lower().startswith("x-shopify")]
    assert scheme("shopify").verify(secrets(clone)["SHOPIFY_CLIENT_SECRET"], body, headers)
