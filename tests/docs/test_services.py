"""docs/services.md, walked from its first command to its last on a platform of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.base.loopback import loopback

from tests.support.dap import Debugger
from tests.support.demo import Demo, demo, until
from tests.support.platform import ROOT

PAGE = (ROOT / "docs/services.md").read_text()
BLOCKS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
CODE = "apps/stock-service/src/stock_service/main.py"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


def ports(platform: Demo) -> tuple[int, int]:
    row = (platform.root / "dev/services.yaml").read_text().partition("  stock-service:\n")[2]
    port, debug_port = re.search(r"\bport: (\d+)", row), re.search(r"debug_port: (\d+)", row)
    assert port is not None
    assert debug_port is not None
    return int(port[1]), int(debug_port[1])


def run(platform: Demo, line: str) -> str:
    """A line of the page; its port is the next free one there, another here."""
    words = shlex.split(line)
    if words[0] == "./devkit":
        done = platform.devkit(*words[1:])
        return done.stdout + done.stderr
    assert words[0] == "curl"
    line = line.replace("localhost:3006", f"localhost:{ports(platform)[0]}")
    return subprocess.run(
        shlex.split(f"{line} --silent --fail"), capture_output=True, text=True, check=True
    ).stdout


def greeting(platform: Demo) -> str:
    with loopback(30.0) as client:
        return str(client.get(f"http://127.0.0.1:{ports(platform)[0]}/").json()["message"])


def test_the_page_walked(platform: Demo) -> None:
    (make,), (start, ask), (wait,), (rename, remove) = BLOCKS

    said = run(platform, make)
    assert f"its code starts in {CODE}" in said
    assert f"created  {CODE}" in said
    assert (platform.root / "k8s/dev/stock-service.yaml").is_file()

    run(platform, start)
    assert '"service":"stock-service"' in run(platform, ask)
    code = platform.root / CODE
    code.write_text(code.read_text().replace("hello from", "good morning from"))
    until(lambda: greeting(platform) == "good morning from stock-service", 120, "the new code")

    debug_port = ports(platform)[1]
    line = next(n for n, text in enumerate(code.read_text().splitlines(), 1) if "good morning" in text)
    assert f"waits for a debugger on 127.0.0.1:{debug_port}" in run(platform, wait)
    with Debugger(debug_port) as debugger:
        debugger.attach({str(code): [line]})
        until(
            lambda: platform.statuses()["stock-service"]["state"] == "ready", 120, "ready under the debugger"
        )
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(greeting(platform)))
        asking.start()
        debugger.request("continue", threadId=debugger.event("stopped")["threadId"])
        asking.join(60)
    assert answers == ["good morning from stock-service"]

    run(platform, rename)
    until(
        lambda: platform.statuses().get("store-service", {}).get("state") == "ready", 120, "the renamed one"
    )
    assert "stock-service" not in platform.statuses()
    assert not (platform.root / "apps/stock-service").exists()
    run(platform, remove)
    until(lambda: "store-service" not in platform.statuses(), 120, "the end of the removed one")
    assert not (platform.root / "apps/store-service").exists()
    assert not (platform.root / "k8s/dev/store-service.yaml").exists()


def test_every_type_is_in_the_table() -> None:
    from devkit.types.registry import BUILT_IN

    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)))
    assert set(named) >= BUILT_IN.keys()


def test_the_variables_of_templates_are_those_given(tmp_path: Path) -> None:
    from devkit.scaffold.new import new_service, type_named

    folder = tmp_path / "dev/templates/python"
    folder.mkdir(parents=True)
    names = re.search(r"Jinja templates with (.*?); others", PAGE, re.DOTALL)
    assert names is not None
    (folder / "all.txt.j2").write_text(
        "".join(f"{{{{ {name} }}}}\n" for name in re.findall(r"`(\w+)`", names[1]))
    )
    (tmp_path / "dev/services.yaml").write_text((ROOT / "tests/golden/shop/dev/services.yaml").read_text())
    made = new_service(tmp_path, "fresh-fruit", type_named("python"))
    assert made.change.files["all.txt"].decode().splitlines()[:3] == [
        "fresh-fruit",
        "fresh_fruit",
        "Fresh Fruit",
    ]
