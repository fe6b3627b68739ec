"""`devkit webhook listen` and `replay`: what arrives is told, kept, and sent again with this clone's secret."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import yaml
from signatures import scheme

from tests.support.demo import Demo, until
from tests.support.listening import listening as holding
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.storage import free_port
from tests.support.supervised import supervised
from tests.support.terminal import terminal
from tests.support.webhook_listener import listening

BODY = b'{ "id": 9007199254740993, "note": "f\xc3\xbcr" }\n'


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def clone(tmp_path: Path, receiver: HttpReceiver) -> Iterator[Demo]:
    """The project's table, with the receiver in the gateway's place."""
    table = yaml.safe_load((Path(ROOT) / "dev" / "services.yaml").read_text())
    table["services"]["gateway"]["port"] = int(receiver.url.rpartition(":")[2])
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    made = Demo(tmp_path, {})
    made.devkit("secrets", "init")
    with supervised(tmp_path, "gateway"):
        yield made


def secret(clone: Demo, name: str) -> str:
    value: str = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"][name]
    return value


def shopify(clone: Demo, body: bytes = BODY) -> dict[str, str]:
    signature = scheme("shopify").sign(secret(clone, "SHOPIFY_CLIENT_SECRET"), body)
    return {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w-1", **signature}


def test_what_arrives_is_told_and_kept(clone: Demo) -> None:
    with listening(clone) as listener:
        assert (
            httpx.post(f"{listener.url}/hooks/a?b=c", content=BODY, headers=shopify(clone)).status_code == 200
        )
        line = listener.next()
        assert "POST /hooks/a?b=c  43 bytes  shopify orders/create  signature valid" in line
        httpx.post(listener.url, content=BODY + b" ", headers=shopify(clone))
        assert "signature invalid with SHOPIFY_CLIENT_SECRET" in listener.next()
        httpx.get(listener.url)
        assert "GET /  0 bytes  no provider's signature" in listener.next()
        httpx.post(listener.url, content=iter([b"{}", b"  "]), headers={"X-SP-Token": "x"})
        assert "4 bytes  simplyprint   signature invalid" in listener.next()
    kept = sorted((clone.root / ".devkit" / "webhooks").glob("*.json"))
    assert len(kept) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert json.loads(kept[0].read_text())["path"] == "/hooks/a?b=c"


def test_secrets_that_cannot_be_used_are_told_first(clone: Demo) -> None:
    signature = shopify(clone)
    with (clone.root / "k8s/dev/secret.yaml").open("a") as file:
        file.write('  SENDCLOUD_SECRET_KEY_PREVIOUS: " "\n')
    with listening(clone) as listener:
        assert "devkit: signatures are not checked: k8s/dev/secret.yaml:" in listener.said
        assert "SENDCLOUD_SECRET_KEY_PREVIOUS is white space only" in listener.said
        httpx.post(listener.url, content=BODY, headers=signature)
        assert "signature not checked" in listener.next()


def test_it_answers_as_told(clone: Demo) -> None:
    with listening(clone, "--answer", "503", "--body") as listener:
        token = secret(clone, "SIMPLYPRINT_WEBHOOK_TOKEN")
        body = b'{"event": "job.done"}'
        assert httpx.post(listener.url, content=body, headers={"X-SP-Secret": token}).status_code == 503
        shown = "".join(listener.next() for _ in range(10))
        assert "simplyprint job.done  signature valid" in shown
        assert '{"event": "job.done"}' in shown
        assert token not in shown


def test_a_body_that_is_too_large_is_not_taken(clone: Demo) -> None:
    with listening(clone) as listener:
        port = int(listener.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\n{")
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_replay_is_the_same_webhook_with_this_clones_signature(clone: Demo, receiver: HttpReceiver) -> None:
    foreign = scheme("shopify").sign("somebody else's secret", BODY)
    with listening(clone) as listener:
        headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w-7", **foreign}
        wire = [(name.encode(), value.encode()) for name, value in headers.items()]
        httpx.post(f"{listener.url}/there", content=BODY, headers=[*wire, (b"X-Odd", b"\xc3\xa4")])
        id = listener.next().split()[0]
    assert id in clone.devkit("webhook", "replay").stdout
    for which in (id, "last"):
        done = clone.devkit("webhook", "replay", which)
        assert f"shopify {id} → {receiver.url}/api/v1/webhooks/shopify: 200" in done.stderr
        call = receiver.calls[-1]
        assert (call.path, call.body) == ("/api/v1/webhooks/shopify", BODY)
        assert call.headers["x-shopify-webhook-id"] == "w-7"
        assert scheme("shopify").verify(secret(clone, "SHOPIFY_CLIENT_SECRET"), call.body, call.headers)


def test_replay_without_a_signature_asks_whose_it_is(clone: Demo, receiver: HttpReceiver) -> None:
    with listening(clone) as listener:
        httpx.post(listener.url, content=BODY)
        listener.next()
    asked = clone.devkit("webhook", "replay", "last", check=False)
    assert (asked.returncode, "--provider names the provider" in asked.stderr) == (2, True)
    clone.devkit("webhook", "replay", "last", "--provider", "sendcloud")
    assert scheme("sendcloud").verify(secret(clone, "SENDCLOUD_SECRET_KEY"), BODY, receiver.calls[-1].headers)
    away = clone.devkit(
        "webhook", "replay", "last", "--provider", "sendcloud", "--to", "http://10.1.1.1/", check=False
    )
    assert (away.returncode, "is not this machine" in away.stderr) == (5, True)


def test_nothing_kept_and_something_broken(clone: Demo) -> None:
    assert "no webhooks captured yet" in clone.devkit("webhook", "replay").stderr
    none = clone.devkit("webhook", "replay", "20260101-000000-001", check=False)
    assert (none.returncode, "no webhook '20260101-000000-001'" in none.stderr) == (2, True)
    folder = clone.root / ".devkit" / "webhooks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "20260101-000000-001.json").write_text("{")
    broken = clone.devkit("webhook", "replay", "last", check=False)
    assert (broken.returncode, "cannot be read" in broken.stderr) == (2, True)


def test_a_taken_port_and_its_holder_are_named(clone: Demo, tmp_path: Path) -> None:
    port = free_port()
    with holding(port, name="somebody", scratch=tmp_path) as pid:
        done = clone.devkit("webhook", "listen", "--port", str(port), check=False)
    assert done.returncode == 5
    assert f"port {port} (webhook listen) is taken by somebody (pid {pid})" in done.stderr
    assert f"→ stop it (kill {pid}), or --port 0 picks a free one" in done.stderr


def test_replay_elsewhere_with_a_secret_of_its_own(clone: Demo, receiver: HttpReceiver) -> None:
    with listening(clone) as listener:
        httpx.post(listener.url, content=BODY, headers={"X-Hub-Signature-256": "sha256=00"})
        listener.next()
    there = ("webhook", "replay", "last", "--to", f"{receiver.url}/mine")
    asked = clone.devkit(*there, check=False)
    assert (asked.returncode, "--secret-stdin" in asked.stderr) == (2, True)
    clone.devkit(*there, "--secret-stdin", stdin="hush")
    assert scheme("github").verify("hush", receiver.calls[-1].body, receiver.calls[-1].headers)
    nobody = clone.devkit(
        "webhook", "replay", "last", "--to", f"http://127.0.0.1:{free_port()}/", "--secret-stdin",
        check=False, stdin="hush",
    )  # fmt: skip
    assert (nobody.returncode, "./devkit up" in nobody.stderr) == (5, False)


def captured(clone: Demo, body: bytes) -> str:
    """The id of a webhook of Shopify's that came in."""
    with listening(clone) as listener:
        httpx.post(f"{listener.url}/there", content=body, headers=shopify(clone, body))
        return listener.next().split()[0]


def test_a_capture_is_kept_under_a_name(clone: Demo, receiver: HttpReceiver) -> None:
    first = captured(clone, BODY)
    saved = clone.devkit("webhook", "captures", "save", "last", "paid-twice")
    assert f"{first} is saved as paid-twice" in saved.stderr
    second = captured(clone, BODY + b" ")
    rows = [line.split() for line in clone.devkit("webhook", "captures").stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["paid-twice", first, second]
    assert rows[0][1:] == ["shopify", "orders/create", "/there", str(len(BODY))]
    assert clone.devkit("webhook", "replay").stdout == clone.devkit("webhook", "captures").stdout
    file = clone.root / ".devkit" / "webhooks" / "named" / "paid-twice.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for kept in (clone.root / ".devkit" / "webhooks").glob("*.json"):
        kept.unlink()  # the named one is a copy
    assert "shopify paid-twice → " in clone.devkit("webhook", "replay", "paid-twice").stderr
    assert receiver.calls[-1].body == BODY
    assert clone.devkit("webhook", "verify", "paid-twice").returncode == 0
    unknown = clone.devkit("webhook", "replay", "paid-thrice", check=False)
    assert (unknown.returncode, "there is paid-twice" in unknown.stderr) == (2, True)


def test_a_name_is_overwritten_only_when_told(clone: Demo, receiver: HttpReceiver) -> None:
    first = captured(clone, BODY)
    clone.devkit("webhook", "captures", "save", first, "mine")
    second = captured(clone, b"{}")
    refused = clone.devkit("webhook", "captures", "save", second, "mine", check=False)
    assert (refused.returncode, "--replace" in refused.stderr) == (5, True)
    clone.devkit("webhook", "replay", "mine")
    assert receiver.calls[-1].body == BODY
    clone.devkit("webhook", "captures", "save", second, "mine", "--replace")
    clone.devkit("webhook", "replay", "mine")
    assert receiver.calls[-1].body == b"{}"


@pytest.mark.parametrize(
    "name", ["last", "../up", "a/b", "Paid", ".hidden", "", "a b", "20260101-000000-001", "x" * 65]
)
def test_a_name_is_a_safe_file_name(clone: Demo, name: str) -> None:
    captured(clone, BODY)
    refused = clone.devkit("webhook", "captures", "save", "last", name, check=False)
    assert refused.returncode == 2
    assert "name" in refused.stderr
    assert not list((clone.root / ".devkit").rglob("named/*"))


def test_removing_a_name_asks(clone: Demo) -> None:
    id = captured(clone, BODY)
    clone.devkit("webhook", "captures", "save", id, "mine")
    kept = clone.devkit("webhook", "captures", "remove", "mine", check=False, stdin="n\n")
    assert (kept.returncode, "nothing was removed" in kept.stderr) == (2, True)
    with terminal(clone.environment()) as shell:
        for answer, outcome in (("n", "nothing was removed"), ("y", "mine is removed")):
            assert "mine" in clone.devkit("webhook", "captures").stdout
            shell.run(clone.command("webhook", "captures", "remove", "mine"))
            until(lambda: shell.sent("Remove the captured webhook mine? [y/N]"), what="the question")
            shell.type(f"{answer}\n")
            until(partial(shell.sent, outcome), what="what came of it")
    assert "mine" not in clone.devkit("webhook", "captures").stdout
    clone.devkit("webhook", "captures", "save", id, "mine")
    clone.devkit("webhook", "captures", "remove", "mine", "--yes")
    assert [line.split()[0] for line in clone.devkit("webhook", "captures").stdout.splitlines()[1:]] == [id]
    gone = clone.devkit("webhook", "captures", "remove", "mine", "--yes", check=False)
    assert (gone.returncode, "no captured webhook is called 'mine'" in gone.stderr) == (2, True)
    id_is_no_name = clone.devkit("webhook", "captures", "remove", id, "--yes", check=False)
    assert id_is_no_name.returncode == 2
    assert clone.devkit("webhook", "replay", id).returncode == 0, "what it was saved from stays"
