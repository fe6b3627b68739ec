"""`devkit compose gate` as far as it needs no Docker: what it reads, and URLs and certificates on loopback. The real stack is asked
in tests/staging/test_gate.py."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from devkit.base.certificates import CertificateRefused, certificate_of, trusted_context
from devkit.checks import Outcome
from devkit.checks.runner import run_checks
from devkit.cli import main
from devkit.compose import read_project
from devkit.compose.audit.stack import Stack
from devkit.compose.containers import Container, moment
from devkit.compose.docker import Docker
from devkit.compose.gate.checks import CHECKS, checks_for
from devkit.compose.gate.disk import human, read_df
from devkit.compose.gate.registry import Published, is_moving
from devkit.compose.gate.routes import Route, routes_of
from devkit.compose.gate.subject import Gate
from devkit.compose.gate.wellness import problems_of
from devkit.compose.image_names import split_reference, with_tag
from devkit.compose.traefik_labels import balancers_of
from devkit.findings.model import Severity

from tests.support.authority import Authority, certificate_server

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


def stack_of(folder: Path, text: str) -> Stack:
    (folder / "compose.yml").write_text(text)
    return Stack(read_project([folder / "compose.yml"], environment={}))


def app(*labels: str, name: str = "shop", more: str = "") -> str:
    listed = "".join(f'      - "{label}"\n' for label in labels)
    image = f"    image: registry.example/{name}:${{TAG:-git-0000001}}\n"
    return f"  {name}:\n{image}{more}" + (f"    labels:\n{listed}" if labels else "")


ROUTER, BALANCER = "traefik.http.routers", "traefik.http.services"


# URLs


def test_urls_come_from_the_routers_of_the_project(tmp_path: Path) -> None:
    stack = stack_of(
        tmp_path,
        "services:\n"
        + app(
            f"{ROUTER}.shop.rule=Host(`shop.example`) || Host(`events.example`)",
            f"{ROUTER}.shop.service=shop",
            f"{BALANCER}.shop.loadbalancer.healthcheck.path=/ready",
            f"{ROUTER}.live.rule=Host(`events.example`) && PathPrefix(`/socket.io`)",
            f"{ROUTER}.live.service=live",
            f"{BALANCER}.live.loadbalancer.server.port=3000",
        )
        + app(f"{ROUTER}.api.rule=Host(`api.example`) && PathPrefix(`/v1`)", name="api")
        + app(
            f"{ROUTER}.plain.rule=Host(`plain.example`, `old.example`)",
            f"{ROUTER}.plain.entrypoints=web",
            name="plain",
        )
        + app("traefik.enable=false", f"{ROUTER}.off.rule=Host(`off.example`)", name="off")
        + '  grafana:\n    image: grafana/grafana:12\n    labels:\n      - "traefik.http.routers.g.rule=Host(`g.example`)"\n',
    )
    assert routes_of(stack.services) == [
        Route("api.example", "api", ""),  # /health/ready is not routed
        Route("events.example", "shop", "/ready"),
        Route("g.example", "grafana", ""),  # not an application: nobody knows where it says that it is ready
        Route("old.example", "plain", "/health/ready", secure=False),
        Route("plain.example", "plain", "/health/ready", secure=False),
        Route("shop.example", "shop", "/ready"),
    ]
    assert {each.name: list(balancers_of(each)) for each in stack.services}["shop"] == ["live", "shop"]
    assert Route("shop.example", "shop", "/ready").url == "https://shop.example/ready"


class Answers(BaseHTTPRequestHandler):
    """Answers each request with the next of the server's answers: a code and a body."""

    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        code, body = self.server.answers[min(len(self.server.asked), len(self.server.answers)) - 1]
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "https://sign-in.example/?token=hidden")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(*answers: tuple[int, str]) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked, server.answers = [], answers
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


PLAIN = app(f"{ROUTER}.shop.rule=Host(`shop.example`)", f"{ROUTER}.shop.entrypoints=web")


def ready(folder: Path, server: Any, times: int = 3) -> Outcome:
    gate = Gate(
        stack_of(folder, f"services:\n{PLAIN}"),
        Docker(),
        times=times,
        every=0,
        connect_to=server.server_address,
    )
    [outcome] = run_checks(
        gate, [each for each in checks_for(gate) if each.id == "gate.ready"], command="gate"
    )
    return outcome


def test_a_url_is_asked_several_times(tmp_path: Path) -> None:
    with answering((200, '{"status": "ok"}')) as server:
        outcome = ready(tmp_path, server)
    assert (outcome.problems, outcome.seen) == ((), "shop.example: 3 times")
    assert server.asked == [("shop.example", "/health/ready")] * 3


def test_one_failure_of_three_is_one(tmp_path: Path) -> None:
    down = {"status": "unavailable", "password": "hunter2!", "checks": [{"name": "redis", "state": "down"}, {"name": "a b", "state": "down"}]}  # fmt: skip
    with answering((200, "ok"), (200, "ok"), (503, json.dumps(down))) as server:
        [problem] = ready(tmp_path, server).problems
    assert problem.message == (
        "http://shop.example/health/ready: answered 503 Service Unavailable: unavailable, redis not up "
        "(question 3 of 3; ready before)"
    )
    assert (problem.advice or "").startswith("docker compose -p ")
    assert (problem.advice or "").endswith(" logs --tail 50 shop")


@pytest.mark.parametrize(
    ("code", "body", "message", "severity"),
    [
        (404, "<html>secret</html>", "answered 404 Not Found", Severity.ERROR),
        (302, "", "answered 302 Found (to sign-in.example)", Severity.ERROR),
        (503, '{"error": {"db": {"status": "down", "message": "secret"}}}', "answered 503 Service Unavailable: db not up", Severity.ERROR),
        (200, '{"status": "degraded", "checks": {"db": {"state": "up"}, "mq": {"state": "down"}}}', "is ready, but degraded, mq not up", Severity.WARNING),
    ],
)  # fmt: skip
def test_answers_that_are_not_well(
    tmp_path: Path, code: int, body: str, message: str, severity: Severity
) -> None:
    with answering((code, body)) as server:
        [problem] = ready(tmp_path, server, times=1).problems
    assert problem.message.endswith(message)
    assert (problem.severity, "secret" in problem.message, bool(problem.advice)) == (severity, False, True)


def test_nobody_answers(tmp_path: Path) -> None:
    with answering((200, "")) as server:
        pass
    [problem] = ready(tmp_path, server, times=1).problems
    assert problem.message == "http://shop.example/health/ready: no answer: Connection refused"


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secure_port(authority: Authority) -> Iterator[int]:
    files = {
        "good.example": authority.issue("good.example"),
        "old.example": authority.issue("old.example", days=-2, since=-90),
        "soon.example": authority.issue("soon.example", days=5, since=-85),
        "brief.example": authority.issue("brief.example", days=5.5, since=-0.5),
    }
    with certificate_server(files) as port:
        yield port


def tls(folder: Path, port: int, ca_file: Path | None, *hosts: str) -> Outcome:
    text = "services:\n" + app(
        *(f"{ROUTER}.r{number}.rule=Host(`{host}`)" for number, host in enumerate(hosts))
    )
    gate = Gate(stack_of(folder, text), Docker(), connect_to=("127.0.0.1", port), ca_file=ca_file)
    [outcome] = run_checks(gate, [each for each in CHECKS if each.id == "gate.tls"], command="gate")
    return outcome


def test_certificates_are_judged_as_clients_do(
    tmp_path: Path, authority: Authority, secure_port: int
) -> None:
    hosts = ("good.example", "brief.example", "old.example", "other.example", "soon.example")
    outcome = tls(tmp_path, secure_port, authority.pem, *hosts)
    found = {problem.message.split(": ")[0]: problem for problem in outcome.problems}
    assert set(found) == {"old.example", "other.example", "soon.example"}
    assert "the certificate is refused: it expired on 20" in found["old.example"].message
    assert found["other.example"].message.endswith("the certificate is refused: it is for good.example")
    assert "expires in 5 days" in found["soon.example"].message
    assert [each.severity for each in found.values()].count(Severity.WARNING) == 1
    assert all("logs --tail 50 traefik" in (problem.advice or "") for problem in found.values())


def test_an_authority_has_to_be_trusted(tmp_path: Path, authority: Authority, secure_port: int) -> None:
    assert tls(tmp_path, secure_port, authority.pem, "good.example").seen == "good.example"
    [problem] = tls(tmp_path, secure_port, None, "good.example", "brief.example").problems
    assert problem.message.startswith("brief.example, good.example: the certificate is refused: ")
    [problem] = tls(tmp_path, secure_port, tmp_path / "absent", "good.example").problems
    assert problem.message.endswith("absent holds no certificate")
    [problem] = tls(tmp_path, 1, authority.pem, "good.example").problems
    assert problem.message == "good.example: no answer at 127.0.0.1:1: Connection refused"


def test_what_a_certificate_says(authority: Authority, secure_port: int) -> None:
    found = certificate_of(
        "good.example", connect_to=("127.0.0.1", secure_port), context=trusted_context(authority.pem)
    )
    assert (found.names, found.issuer) == (("good.example",), authority.name)
    assert 89 < found.days_left() < 90 < found.days
    with pytest.raises(CertificateRefused) as refused:
        certificate_of(
            "old.example", connect_to=("127.0.0.1", secure_port), context=trusted_context(authority.pem)
        )
    assert refused.value.expired


# Docker's words


def inspected(service: str = "shop", number: int = 1, **state: Any) -> dict[str, Any]:
    """As `docker inspect` prints it."""
    restarts, image = state.pop("restarts", 0), state.pop("image", "sha256:aa")
    base = {
        "Status": "running",
        "ExitCode": 0,
        "OOMKilled": False,
        "StartedAt": "2026-11-27T10:00:00.123456789Z",
    }
    return {
        "Id": f"{service}{number}", "Name": f"/p-{service}-{number}", "State": base | state, "RestartCount": restarts,
        "Image": image, "NetworkSettings": {"Networks": {"p_default": {"IPAddress": "172.18.0.5", "GlobalIPv6Address": ""}}},
        "Config": {"Image": "registry.example/shop:git-1", "Labels": {"com.docker.compose.service": service}},
    }  # fmt: skip


def health(status: str, output: str = "", code: int = 1) -> dict[str, Any]:
    return {"Health": {"Status": status, "Log": [{"ExitCode": code, "Output": output}]}}


def troubles(
    folder: Path, first: list[dict[str, Any]], last: list[dict[str, Any]], more: str = ""
) -> list[str]:
    gate = Gate(stack_of(folder, "services:\n" + app(more=more)), Docker())
    before, after = [Container.of(each) for each in first], [Container.of(each) for each in last]
    return [problem.message for problem in problems_of(gate, gate.stack.services[0], before, after, NOW)]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, None),
        (health("healthy", "fine", 0), None),
        ({"Health": {"Status": "none"}}, None),
        (health("unhealthy", "Traceback\nHTTPError: 503\n\n"), "p-shop-1 is unhealthy: HTTPError: 503"),
        (health("starting"), "p-shop-1 has only started: Docker does not know yet whether it is healthy"),
        ({"Status": "exited", "ExitCode": 3}, "p-shop-1 does not run: exited with code 3"),
        ({"Status": "paused"}, "p-shop-1 does not run: paused"),
        ({"Status": "exited", "ExitCode": 137, "OOMKilled": True}, "p-shop-1 was out of memory, and a process in it was killed"),
        ({"Status": "restarting", "ExitCode": 1, "restarts": 9}, "p-shop-1 restarts again and again (9 times; exit code 1)"),
        ({"restarts": 2, "StartedAt": "2026-11-28T02:59:30Z"}, "p-shop-1 restarted 30 s ago (2 times in all)"),
        ({"restarts": 2, "StartedAt": "2026-11-28T02:00:00Z"}, None),
    ],
)  # fmt: skip
def test_each_state_of_a_copy(tmp_path: Path, state: dict[str, Any], message: str | None) -> None:
    assert troubles(tmp_path, [inspected(**state)], [inspected(**state)]) == [message] * (message is not None)


def test_restarts_and_numbers_of_copies(tmp_path: Path) -> None:
    one, two = inspected(), inspected(number=2)
    assert troubles(tmp_path, [one], [inspected(restarts=1)]) == [
        "p-shop-1 restarted while the gate was looking (1 times in all)"
    ]
    scaled = "    deploy: {replicas: 2}\n"
    assert troubles(tmp_path, [], []) == ["shop has no container"]
    assert troubles(tmp_path, [one], [one], scaled) == ["shop runs 1 of 2 copies"]
    assert troubles(tmp_path, [one, two], [one, two], scaled) == []
    assert troubles(tmp_path, [one, two], [one, two]) == ["shop runs 2 copies; the files say 1"]
    job = '    restart: "no"\n'
    assert troubles(tmp_path, [], [inspected(Status="exited", ExitCode=0)], job) == []
    assert troubles(tmp_path, [], [inspected(Status="exited", ExitCode=2)], job) == [
        "p-shop-1 ended with exit code 2"
    ]


def test_times_as_docker_writes_them() -> None:
    assert moment("2026-11-28T02:59:30.123456789Z") == datetime(2026, 11, 28, 2, 59, 30, tzinfo=UTC)
    assert moment("2026-11-28T03:59:30.1+01:00") == datetime(2026, 11, 28, 2, 59, 30, tzinfo=UTC)
    assert moment("0001-01-01T00:00:00Z") is None
    assert moment("") is None


def test_what_df_says() -> None:
    head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n"
    found = read_df(f"{head}overlay          264248428 188233128  57667012      77% /\n")
    assert found is not None
    assert (found.free, found.total) == (57667012, 264248428)
    busybox = read_df(f"{head}overlay 4096 4096 0 100% /\n")
    assert busybox is not None
    assert busybox.free == 0
    btrfs = read_df("Filesystem Inodes IUsed IFree IUse% Mounted on\noverlay 0 0 0 - /\n")
    assert btrfs is not None
    assert (btrfs.free, btrfs.total) == (0, 0)
    assert read_df("df: /: Permission denied") is None
    assert read_df("") is None
    assert [human(each) for each in (999, 53_000, 2_000_000_000, 5 * 10**13)] == [
        "999 B",
        "53 kB",
        "2.0 GB",
        "50.0 TB",
    ]


# Images


def test_references_and_tags() -> None:
    assert split_reference("127.0.0.1:5000/a/b:git-abc1234") == ("127.0.0.1:5000/a/b", "git-abc1234")
    assert split_reference("127.0.0.1:5000/a/b") == ("127.0.0.1:5000/a/b", "latest")
    assert split_reference("a/b@sha256:00") == ("a/b", "")
    assert split_reference("a/b:1@sha256:00") == ("a/b", "")
    assert with_tag("127.0.0.1:5000/a", "git-2") == "127.0.0.1:5000/a:git-2"
    assert [is_moving(tag) for tag in ("latest", "staging", "git-abc1234", "1.2", "v3")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_whether_an_image_is_the_published_one() -> None:
    one = Published("sha256:m", frozenset({"sha256:m", "sha256:c"}), several=False)
    assert one.is_image("sha256:c", ["registry.example/a@sha256:other"])
    assert one.is_image("sha256:x", ["registry.example/a@sha256:m"])
    assert one.is_image("sha256:x", ["registry.example/a@sha256:x"]) is False
    several = Published("sha256:m", frozenset({"sha256:m", "sha256:c"}), several=True)
    assert several.is_image("sha256:c", [])
    assert several.is_image("sha256:index", ["registry.example/a@sha256:index"]) is None


# The command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(tmp_path))  # no docker
    (folder / "compose.yml").write_text(f"services:\n{PLAIN}")
    return folder


def test_without_docker_it_says_so_and_asks_the_urls_all_the_same(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering((200, "")) as server:
        where = f"127.0.0.1:{server.server_address[1]}"
        assert main(["compose", "gate", "--connect-to", where, "--every", "0"]) == 1
        captured = capsys.readouterr()
        assert "docker is not on PATH" in captured.out
        assert "not checked because gate.docker failed" in captured.out
        assert captured.err == "devkit: shop is not fit to be updated now\n"
        assert len(server.asked) == 3
        assert (
            main(["compose", "gate", "--connect-to", where, "--times", "1", "--only", "gate.ready", "--json"])
            == 0
        )
    report = json.loads(capsys.readouterr().out)
    assert [(check["id"], check["result"]) for check in report["checks"]] == [("gate.ready", "ok")]


def test_mistakes_are_answered_before_anything_is_asked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        (["shp"], "shop has no service 'shp'\n    → did you mean shop?"),
        (["--tag", "git-1"], "--tag goes with the services that are to get it"),
        (["--connect-to", "nowhere"], "--connect-to nowhere is no HOST:PORT"),
        (["--only", "gate.dok"], "no check 'gate.dok'; did you mean 'gate.docker'?"),
    ):
        assert main(["compose", "gate", *words]) == 2
        assert said in capsys.readouterr().err
    assert main(["compose", "gate", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        check.id for check in CHECKS
    ]


def test_the_repositorys_staging_where_no_compose_file_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "services.yaml").write_text(
        "version: 1\nname: shop\nnamespace: shop-dev\nimage_prefix: shop\nstaging:\n  folder: deployment/staging\n  registry: REGISTRY_URL\n  variables: {REGISTRY_URL: {about: The registry., example: r}}\n"
        "services: {shop: {type: image, image: 'thing:1', port: 3000}}\n"
    )
    folder = tmp_path / "deployment" / "staging"
    folder.mkdir(parents=True)
    (folder / "compose.yml").write_text(f"services:\n{PLAIN}")
    monkeypatch.chdir(tmp_path / "dev")
    with answering((200, "")) as server:
        where = f"127.0.0.1:{server.server_address[1]}"
        words = ["compose", "gate", "--connect-to", where, "--times", "1", "--only", "gate.ready"]
        assert main(words) == 0
        said = capsys.readouterr().err
        assert said == f"devkit: no Compose file here; this is about the project in {folder}\n"
        (tmp_path / "dev" / "compose.yaml").write_text("services: {other: {image: a}}\n")
        assert main(words) == 0
    captured = capsys.readouterr()
    assert (captured.err, "1 skipped" in captured.out, len(server.asked)) == ("", True, 1)


def test_a_project_without_its_env_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "compose.yml").write_text("services:\n  shop: {image: 'a:${TAG?set it}'}\n")
    (project / ".env.example").write_text("TAG=\n")
    assert main(["compose", "gate"]) == 2
    error = capsys.readouterr().err
    assert "there is no .env, which says what is deployed" in error
    assert "cp .env.example .env" in error
