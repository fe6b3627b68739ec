"""`devkit compose roll` on the stack in deployment/staging: two services under load that waits for nobody, and nothing fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from signatures import scheme

from tests.compose import real
from tests.support import steady
from tests.support.figures import Figures
from tests.support.images import docker, image, inspected
from tests.support.platform import ROOT
from tests.support.polling import looks
from tests.support.registry import pushed
from tests.support.shop import order
from tests.support.stack import ROLLED, Stack

pytestmark = [
    pytest.mark.compose,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not real.is_there(), reason=real.MISSING),
]

WEB, API, EVENTS = (f"staging-connect{each}.forma3d.be" for each in ("", "-api", "-events"))
PAGES = 10
FIGURES = ("Requests, by connection", "Answered", "Failed or wrong")
OLD, NEW = "git-0000001", "git-0000003"


@pytest.fixture(scope="module", autouse=True)
def another_build(images: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of what is rolled: an image of its own."""
    folder = tmp_path_factory.mktemp("build")
    for name in ROLLED:
        image(name, "prod")
        (folder / "Dockerfile").write_text(f"FROM devkit-test-{name}:prod\nLABEL build={NEW}\n")
        docker("build", "--quiet", "--tag", f"devkit-test-{name}:rolled", str(folder))
        pushed(f"devkit-test-{name}:rolled", f"{images}/forma3d-connect-{name}:{NEW}")


def signed_in(running: Stack) -> str:
    """A session's cookie."""
    who = {"email": running.environment["LOGIN_EMAIL"], "password": running.environment["LOGIN_PASSWORD"]}
    with running.client() as outside:
        running.answers(outside, API, "/health/ready")
        answer = outside.post(
            "/api/v1/auth/login", json=who, headers={"Host": API, "Origin": f"https://{WEB}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.headers["Set-Cookie"].partition(";")[0]


def sold(running: Stack) -> dict[str, Any]:
    """A shop's webhook: its first is stored, all others are known."""
    made = order("BIN-2x1")
    body = json.dumps(made).encode()
    signed = scheme("shopify").sign(running.environment["SHOPIFY_CLIENT_SECRET"], body)
    named = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": str(made["id"])}
    return {
        "method": "POST", "url": f"https://{API}/api/v1/webhooks/shopify", "body": body.decode(),
        "headers": {"Content-Type": "application/json", **named, **signed},
    }  # fmt: skip


def streams(running: Stack, cookie: str) -> list[dict[str, Any]]:
    """From outside through Traefik, and inside by name; each on kept connections and on new ones. A webhook goes on from the gateway
    to order-service; a baseplate takes its time."""
    asked: dict[str, dict[str, Any]] = {
        "outside, orders": {
            "method": "GET",
            "url": f"https://{API}/api/v1/orders?limit=5",
            "headers": {"Cookie": cookie},
        },
        "outside, a webhook": sold(running),
        "outside, the page": {"method": "GET", "url": f"https://{WEB}/"},
        "inside, order-service": {"method": "GET", "url": "http://order-service:3001/health/live"},
        "inside, gateway": {"method": "GET", "url": "http://gateway:3000/health/live"},
    }
    found = [
        {**each, "name": f"{name}, {'kept' if kept else 'new'}", "kept": kept, "every": 1.0}
        for name, each in asked.items()
        for kept in (True, False)
    ]
    slow = {
        "method": "POST", "url": f"https://{API}/api/v1/baseplates", "body": '{"columns": 1, "rows": 1, "height_mm": 5}',
        "headers": {"Cookie": cookie, "Content-Type": "application/json"}, "every": 6.0,
    }  # fmt: skip
    return [*found, {**slow, "name": "outside, a baseplate, new", "kept": False}]


@contextmanager
def load(running: Stack, todo: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Load from a container in the stack's network, which finds Traefik under the stack's names. How it went is in what is yielded,
    at the end."""
    [gateway] = running.containers("gateway")["gateway"]
    [traefik] = running.containers("traefik")["traefik"]
    network = f"{running.name}_default"
    address = inspected("container", traefik)["NetworkSettings"]["Networks"][network]["IPAddress"]
    names = [word for name in (WEB, API, EVENTS) for word in ("--add-host", f"{name}:{address}")]
    made = docker(
        "create", "--network", network, *names, "--env", f"STEADY={json.dumps(todo)}", "--entrypoint", "python",
        inspected("container", gateway)["Image"], "/tmp/steady.py",
    ).stdout.decode().strip()  # fmt: skip
    went: dict[str, Any] = {}
    try:
        docker("cp", str(Path(steady.__file__)), f"{made}:/tmp/steady.py")
        docker("start", made)
        for _ in looks():
            if b"begun" in docker("logs", made).stdout:
                break
        yield went
        docker("exec", made, "touch", steady.END)
        docker("wait", made)
        went |= json.loads(docker("logs", made).stdout.decode().splitlines()[-1])
    finally:
        docker("rm", "--force", made)


def roll(running: Stack, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-E",
        "-s",
        str(ROOT / "tools"),
        "compose",
        words[0],
        *running.files,
        *words[1:],
    ]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
    assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{running.state()}"
    return done


def test_no_request_fails(running: Stack) -> None:
    """The gate first (its certificate is not one that anybody trusts, and its registry has no TLS); then gateway and order-service."""
    cookie = signed_in(running)
    pages = {
        "count": PAGES, "cookie": cookie, "socket": f"wss://{EVENTS}/socket.io/?EIO=4&transport=websocket",
        "orders": f"https://{API}/api/v1/orders?limit=100",
    }  # fmt: skip
    before = running.containers()
    with load(
        running, {"streams": streams(running, cookie), "pages": pages, "any_certificate": True}
    ) as went:
        done = roll(
            running, "roll", *ROLLED, "--tag", NEW, "--yes", "--monitor", "5", "--connect-to",
            f"127.0.0.1:{running.port(443)}", "--skip", "gate.tls", "--skip", "gate.ready", "--free", "0.1",
        )  # fmt: skip
    assert "no migration" in done.stderr or "migrat" not in done.stderr
    after = running.containers()
    for name in ROLLED:
        assert not set(before[name]) & set(after[name])
        assert inspected("container", after[name][0])["Config"]["Image"].endswith(f"{name}:{NEW}")
    figures = Figures("compose-rolls", f"./devkit test --compose {Path(__file__).relative_to(ROOT)}", FIGURES)
    for stream in went["streams"]:
        figures.add(stream["name"], str(sum(stream["answered"].values())), str(stream["failed"]))
    figures.add(f"{went['pages']} pages, connected {went['connected']} times", "", str(len(went["wrong"])))
    figures.write()
    assert [each for each in went["streams"] if each["failed"]] == [], json.dumps(went, indent=1)
    assert all(sum(each["answered"].values()) > 5 for each in went["streams"])
    assert went["wrong"] == []
    # The gateway that they were connected to went away under them.
    assert went["connected"] > went["pages"]


def test_plain_compose_changes_nothing_after_a_roll(running: Stack) -> None:
    before = running.containers()
    running.environment |= {f"{name.upper().replace('-', '_')}_IMAGE_TAG": NEW for name in ROLLED}
    running.compose("up", "-d", "--quiet-pull")
    assert running.containers() == before


def test_back_again(running: Stack) -> None:
    roll(running, "rollback", "--yes", "--monitor", "0")
    after = running.containers()
    for name in ROLLED:
        assert inspected("container", after[name][0])["Config"]["Image"].endswith(f"{name}:{OLD}")
    running.environment |= {f"{name.upper().replace('-', '_')}_IMAGE_TAG": OLD for name in ROLLED}
    running.compose("up", "-d", "--quiet-pull")
    assert running.containers() == after


def test_its_dry_run_names_the_migration(running: Stack) -> None:
    """Nothing is pending here; what would be run when something is stands in docs/compose.md."""
    done = roll(running, "roll", "order-service", "--tag", NEW, "--dry-run")
    assert "docker compose" in done.stdout
    assert "alembic" not in done.stdout
