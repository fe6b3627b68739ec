"""Providers of one's own, as docs/webhooks.md shows them: described in the table, or from an installed package."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.webhooks.plugins import GROUP

from tests.support.demo import Demo
from tests.support.platform import ROOT
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.storage import free_port
from tests.support.supervised import supervised

_SECTION = "## Providers of your own"
_RUN = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_path(sys.argv.pop(1), run_name='__main__')"


@dataclass(frozen=True)
class WithPackages(Demo):
    """A clone whose Python has a folder of packages more."""

    packages: Path = Path()

    def command(self, *arguments: str) -> list[str]:
        python, *options, tools = super().command()
        return [python, *options, "-c", _RUN, str(self.packages), tools, *arguments]

    def devkit(
        self, *arguments: str, check: bool = True, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = self.program(*arguments, stdin=stdin, **environment)
        assert not check or done.returncode == 0, done.stderr
        return done


def block(language: str) -> str:
    """The section's one block in a language."""
    text = (Path(ROOT) / "docs" / "webhooks.md").read_text("utf-8")
    section = text.partition(_SECTION)[2].partition("\n## ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.M | re.S)
    return str(found)


def commands() -> list[list[str]]:
    text = (Path(ROOT) / "docs" / "webhooks.md").read_text("utf-8")
    section = text.partition(_SECTION)[2].partition("\n## ")[0]
    return [shlex.split(line) for line in re.findall(r"^\./devkit (webhook .*)$", section, re.M)]


def merged(table: dict[str, Any], lines: dict[str, Any]) -> dict[str, Any]:
    """The table with further lines in it."""
    for key, value in lines.items():
        held = table.get(key)
        if isinstance(held, dict):
            merged(held, value)
        else:
            table[key] = [*held, *value] if isinstance(held, list) else value
    return table


def install(folder: Path, package: str, points: dict[str, str], **modules: str) -> None:
    """What an installer leaves behind of a package: its modules, and a dist-info folder."""
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source, "utf-8")
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def clone(tmp_path: Path, receiver: HttpReceiver) -> Iterator[WithPackages]:
    """The project's table with the documented lines in it, the receiver in the gateway's place."""
    root, packages = tmp_path / "clone", tmp_path / "packages"
    packages.mkdir()
    table = merged(
        yaml.safe_load((Path(ROOT) / "dev" / "services.yaml").read_text()), yaml.safe_load(block("yaml"))
    )
    table["services"]["gateway"]["port"] = int(receiver.url.rpartition(":")[2])
    (root / "dev" / "webhooks" / "acme").mkdir(parents=True)
    (root / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    (root / "dev" / "webhooks" / "acme" / "order.paid.json").write_text('{"order": 7}')
    made = WithPackages(root, {}, packages)
    made.devkit("secrets", "init")
    with supervised(root, "gateway"):
        yield made


def secret(clone: Demo, name: str) -> bytes:
    value: str = yaml.safe_load((clone.root / "k8s/dev/secret.yaml").read_text())["stringData"][name]
    return value.encode()


def elsewhere(words: list[str], receiver: HttpReceiver) -> list[str]:
    """A documented command, to the receiver."""
    return [f"{receiver.url}/mine" if word.startswith("http:") else word for word in words]


def test_one_that_the_table_describes(clone: WithPackages, receiver: HttpReceiver) -> None:
    here, there, _ = commands()
    for words, path in ((here, "/webhooks/acme"), (there, "/mine")):
        clone.devkit(*elsewhere(words, receiver))
        call = receiver.calls[-1]
        assert (call.path, call.body) == (path, b'{"order": 7}')
        assert call.headers["acme-event"] == "order.paid"
        signed = call.headers["acme-timestamp"].encode() + b"." + call.body
        signature = base64.b64encode(
            hmac.digest(secret(clone, "ACME_SECRET"), signed, hashlib.sha256)
        ).decode()
        assert call.headers["acme-signature"] == f"v1={signature}"
    assert "acme order.paid" in clone.devkit("webhook", "list", "acme").stdout.splitlines()
    wrong = clone.devkit("webhook", "acme", "order.piad", check=False)
    assert (wrong.returncode, "did you mean 'order.paid'?" in wrong.stderr) == (2, True)


def test_one_of_an_installed_package(clone: WithPackages, receiver: HttpReceiver, tmp_path: Path) -> None:
    points = tomllib.loads(block("toml"))["project"]["entry-points"][GROUP]
    assert len(points) == 1
    install(clone.packages, "acme-webhooks", points, acme_webhooks=block("python"))
    (tmp_path / "bounce.json").write_text('{"to": "a@example.com"}')
    words = [str(tmp_path / word) if word == "bounce.json" else word for word in commands()[2]]
    clone.devkit(*elsewhere(words, receiver))
    call = receiver.calls[-1]
    assert call.headers["acme-mail-event"] == "mail.bounced"
    signature = hmac.new(secret(clone, "ACME_SECRET"), call.body, hashlib.sha512).hexdigest()
    assert call.headers["acme-mail-signature"] == signature
    listed = clone.devkit("webhook", "list", "--all")
    assert "acme-mail mail.bounced (--payload)" in listed.stdout.splitlines()
    assert listed.stderr == ""


def test_broken_ones_and_names_that_are_taken(clone: WithPackages) -> None:
    install(clone.packages, "good", {"acme-mail": "acme_webhooks:PROVIDER"}, acme_webhooks=block("python"))
    install(clone.packages, "second", {"acme-mail": "acme_webhooks:PROVIDER"})
    install(clone.packages, "exits", {"exits": "exits:PROVIDER"}, exits="raise SystemExit(3)")
    install(
        clone.packages,
        "odd",
        {
            "absent": "not_there:PROVIDER", "lacks": "odd:MISSING", "number": "odd:NUMBER",
            "renamed": "acme_webhooks:PROVIDER", "shopify": "acme_webhooks:PROVIDER", "acme": "acme_webhooks:PROVIDER",
            "send": "acme_webhooks:PROVIDER", "suite": "acme_webhooks:PROVIDER",
        },
        odd="NUMBER = 7",
    )  # fmt: skip
    listed = clone.devkit("webhook", "list")
    assert "acme order.paid" in listed.stdout.splitlines(), "the table's own stands"
    told = dict(re.findall(r"^devkit: provider (\S+) of the package (\S+: .*)$", listed.stderr, re.M))
    assert told == {
        "absent": "odd: not_there:PROVIDER cannot be loaded (ModuleNotFoundError: No module named 'not_there')",
        "acme": "odd: the name is devkit's own or the table's",
        "acme-mail": "second: another package offers it too",
        "exits": "exits: exits:PROVIDER cannot be loaded (SystemExit: 3)",
        "lacks": "odd: odd:MISSING cannot be loaded (AttributeError: module 'odd' has no attribute 'MISSING')",
        "number": "odd: odd:NUMBER is a int, no devkit.webhooks.provider.Provider",
        "renamed": "odd: acme_webhooks:PROVIDER calls itself 'acme-mail'",
        "send": "odd: the name is devkit's own or the table's",
        "shopify": "odd: the name is devkit's own or the table's",
        "suite": "odd: the name is devkit's own or the table's",
    }
    used = clone.devkit("webhook", "number", "x", check=False)
    assert (used.returncode, "fix or uninstall odd" in used.stderr) == (2, True)


def test_without_a_route_each_error_says_what_is_missing(clone: WithPackages, receiver: HttpReceiver) -> None:
    body = clone.root / "push.json"
    body.write_text('{"ref": "refs/heads/main"}')
    given = ("webhook", "github", "push", "--payload", str(body))
    lost = clone.devkit(*given, check=False)
    assert lost.returncode == 2
    assert "github: {path: /webhooks/github, to: SERVICE, secret: NAME}" in lost.stderr
    assert "--to URL with --secret-name NAME or --secret-stdin" in lost.stderr
    there = (*given, "--to", f"{receiver.url}/mine")
    unproved = clone.devkit(*there, check=False)
    assert (unproved.returncode, "--secret-name NAME" in unproved.stderr) == (2, True)
    assert receiver.calls == []
    clone.devkit(*there, "--secret-name", "ACME_SECRET")
    clone.devkit(*there, "--secret-stdin", stdin="hush-hush\n")
    for call, key in zip(receiver.calls, (secret(clone, "ACME_SECRET"), b"hush-hush"), strict=True):
        signature = hmac.new(key, call.body, hashlib.sha256).hexdigest()
        assert call.headers["x-hub-signature-256"] == f"sha256={signature}"
        assert json.loads(call.body) == {"ref": "refs/heads/main"}
    curl = clone.devkit(*there, "--secret-stdin", "--print-curl", stdin="hush-hush").stdout
    assert "hush-hush" not in curl
    for wrong, message in (
        (("--secret-name", "ACME_SECRET", "--secret-stdin"), "exclude each other"),
        (("--secret-name", "ACME_SECRT"), "did you mean ACME_SECRET?"),
        (("--secret-stdin",), "standard input holds no secret"),
    ):
        done = clone.devkit(*there, *wrong, check=False, stdin="")
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    nobody = clone.devkit(
        *given, "--to", f"http://127.0.0.1:{free_port()}/", "--secret-name", "ACME_SECRET", check=False
    )
    assert (nobody.returncode, "./devkit up" in nobody.stderr) == (5, False)
