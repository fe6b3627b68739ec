"""`devkit webhook suite`: against a receiver that stands everything, and one that believes everybody."""

from __future__ import annotations

import hashlib
import hmac
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import gidgethub
import gidgethub.sansio
import pytest
import yaml

from tests.support.demo import Demo
from tests.support.platform import ROOT
from tests.support.storage import free_port
from tests.support.webhook_receiver import Received, serving

CASES = 32


@dataclass
class Parcels:
    """Takes Sendcloud's webhooks, with a verification of its own."""

    secret: str
    believes: bool = False
    methods: tuple[str, ...] = ("POST",)
    limit: int = 2**20
    got: list[Received] = field(default_factory=list)

    def is_signed(self, request: Received) -> bool:
        signatures = [value for name, value in request.headers if name == "sendcloud-signature"]
        right = hmac.new(self.secret.encode(), request.body, hashlib.sha256).hexdigest()
        return self.believes or [each.encode() for each in signatures] == [right.encode()]

    def answer(self, request: Received) -> int:
        self.got.append(request)
        if not self.is_signed(request):
            return 401
        try:
            return 200 if isinstance(json.loads(request.body), dict) else 400
        except (ValueError, RecursionError):
            return 400


class Repository(Parcels):
    """Takes GitHub's, verified by gidgethub."""

    def is_signed(self, request: Received) -> bool:
        signatures = [value for name, value in request.headers if name == "x-hub-signature-256"]
        try:
            gidgethub.sansio.validate_event(request.body, signature=signatures[-1], secret=self.secret)
        except (gidgethub.ValidationFailure, IndexError, TypeError):
            return False
        return len(signatures) == 1


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("clone")
    table = yaml.safe_load((Path(ROOT) / "dev" / "services.yaml").read_text())
    table["services"]["gateway"]["port"] = free_port()
    (root / "dev").mkdir()
    (root / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    (root / "dev" / "webhooks").symlink_to(Path(ROOT) / "dev" / "webhooks")
    made = Demo(root, {})
    made.devkit("secrets", "init")
    return made


@pytest.fixture(scope="module")
def secret(clone: Demo) -> str:
    values = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"]
    return str(values["SENDCLOUD_SECRET_KEY"])


@pytest.fixture
def right(secret: str) -> Iterator[tuple[Parcels, str]]:
    parcels = Parcels(secret)
    with serving(parcels) as url:
        yield parcels, url


def test_a_right_receiver_passes_all_cases(clone: Demo, right: tuple[Parcels, str], secret: str) -> None:
    parcels, url = right
    done = clone.devkit("webhook", "suite", "sendcloud", "--to", url, "--verbose")
    assert f"devkit: sendcloud, {CASES} cases → {url}" in done.stderr
    assert "sendcloud.replay" in done.stdout
    assert secret not in done.stdout + done.stderr
    assert len(parcels.got) > CASES


def test_json_and_junit_name_each_case(clone: Demo, right: tuple[Parcels, str]) -> None:
    found = json.loads(clone.devkit("webhook", "suite", "sendcloud", "--to", right[1], "--json").stdout)
    assert found["command"] == "webhook suite"
    assert len(found["checks"]) == CASES
    assert found["findings"] == []
    junit = ElementTree.fromstring(
        clone.devkit("webhook", "suite", "sendcloud", "--to", right[1], "--junit").stdout
    )
    assert len(list(junit.iter("testcase"))) == CASES
    assert list(junit.iter("failure")) == []


def test_a_wrong_one_is_exit_1_and_told_in_every_form(clone: Demo, secret: str) -> None:
    with serving(Parcels(secret, believes=True)) as url:
        given = (
            "webhook",
            "suite",
            "sendcloud",
            "--to",
            url,
            "--only",
            "valid",
            "--only",
            "missing-signature",
        )
        shown, as_json, as_before, as_junit = (
            clone.devkit(*given, *form, check=False)
            for form in ((), ("--json",), ("--json", "--report-version", "1"), ("--junit",))
        )
    assert (shown.returncode, as_json.returncode, as_junit.returncode) == (1, 1, 1)
    assert "sendcloud.missing-signature" in shown.stdout
    assert "let in: without the signature's header: answered with 200, expected 401 or 403" in shown.stdout
    (finding,) = json.loads(as_json.stdout)["findings"]
    assert finding["id"] == "sendcloud.missing-signature"
    (before,) = json.loads(as_before.stdout)["findings"]
    assert before["id"] == "sendcloud.missing-proof"
    junit = ElementTree.fromstring(as_junit.stdout)
    assert len(list(junit.iter("testcase"))) == 2
    assert len(list(junit.iter("failure"))) == 1


def test_only_and_skip_choose(clone: Demo, right: tuple[Parcels, str]) -> None:
    def ran(*choice: str) -> set[str]:
        done = clone.devkit("webhook", "suite", "sendcloud", "--to", right[1], "--json", *choice)
        return {check["id"] for check in json.loads(done.stdout)["checks"]}

    assert ran("--only", "replay", "--only", "sendcloud.valid") == {"sendcloud.replay", "sendcloud.valid"}
    assert ran("--only", "replay", "--only", "valid", "--skip", "replay") == {"sendcloud.valid"}
    assert ran("--only", "proof-of-another", "--only", "sendcloud.empty-proof") == {
        "sendcloud.other-body-signature",
        "sendcloud.empty-signature",
    }, "the former ids, until 2027-11"
    left = ran("--skip", "huge-body", "--skip", "deep-json")
    assert len(left) == CASES - 2
    unknown = clone.devkit("webhook", "suite", "sendcloud", "--only", "valdi", check=False)
    assert (unknown.returncode, "no check 'valdi'" in unknown.stderr) == (2, True), unknown.stderr


def test_list_sends_nothing(clone: Demo) -> None:
    listed = clone.devkit("webhook", "suite", "shopify", "--list").stdout.splitlines()
    assert len(listed) == CASES + 1
    assert any(line.startswith("shopify.valid ") for line in listed)
    wrong = clone.devkit("webhook", "suite", "Shopify", "--list", check=False)
    assert (wrong.returncode, "did you mean 'shopify'?" in wrong.stderr) == (2, True)


def test_nobody_there_is_one_error(clone: Demo) -> None:
    ours = clone.devkit("webhook", "suite", check=False)
    assert (ours.returncode, ours.stdout) == (5, "")
    assert ours.stderr == "devkit: nothing runs in this clone\n    → ./devkit up starts it\n"
    elsewhere = clone.devkit("webhook", "suite", "--to", f"http://127.0.0.1:{free_port()}/x", check=False)
    assert (elsewhere.returncode, elsewhere.stdout) == (5, "")
    assert elsewhere.stderr.count("nothing listens there") == 1
    assert "./devkit up" not in elsewhere.stderr


def test_a_provider_that_the_table_does_not_route(clone: Demo, tmp_path: Path) -> None:
    repository = Repository("hush-hush")
    with serving(repository) as url:
        given = ("webhook", "suite", "github", "--to", url)
        asked = clone.devkit(*given, check=False)
        assert asked.returncode == 2
        assert "--secret-name NAME" in asked.stderr
        assert "--secret-stdin" in asked.stderr
        done = clone.devkit(*given, "--secret-stdin", "--verbose", stdin="hush-hush\n")
        assert "hush-hush" not in done.stdout + done.stderr
        unknown = ("webhook", "suite", "standard-webhooks", "--to", url, "--only", "missing-signature")
        made_up = clone.devkit(*unknown, "--secret-stdin", stdin="whsec_" + "a" * 32)
        assert "dev/webhooks/standard-webhooks/" in made_up.stderr, "it says that it made up what it sent"
        body = tmp_path / "push.json"
        body.write_text('{"ref": "refs/heads/main"}')
        mine = ("--topic", "push", "--payload", str(body), "--only", "valid", "--secret-stdin")
        clone.devkit(*given, *mine, stdin="hush-hush")
        assert dict(repository.got[-1].headers)["x-github-event"] == "push"
        assert json.loads(repository.got[-1].body) == {"ref": "refs/heads/main"}
        other = clone.devkit(*given, "--only", "valid", "--secret-stdin", check=False, stdin="another")
        assert other.returncode == 1
    nobody = clone.devkit("webhook", "suite", "--secret-stdin", check=False, stdin="x")
    assert (nobody.returncode, "no provider given" in nobody.stderr) == (2, True)
