"""`devkit new service`, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, demo


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Demo]:
    with demo(tmp_path) as made:
        yield made


def test_it_lists_what_it_made_and_says_what_comes_next(platform: Demo) -> None:
    done = platform.devkit(
        "new", "service", "till", "--port", "4321", "--debug-port", "4322", "--calls", "hello"
    )
    assert "created  apps/till/src/till/main.py\n" in done.stdout
    assert "changed  dev/services.yaml\n" in done.stdout
    assert "new      k8s/dev/till.yaml\n" in done.stdout
    assert done.stderr.splitlines()[-1] == (
        "devkit: till has port 4321, debugger on 4322; ./devkit up starts it; its code starts in apps/till/src/till/main.py"
    )
    assert platform.devkit("generate", "--check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hello",), "dev/services.yaml has a service `hello` already\n    → choose another name"),
        (("till", "--type", "pyhton"), "there is no service type `pyhton`\n    → did you mean python?"),
        (("till", "--type", "redis"), "no templates for a service of type redis"),
        (
            ("till", "--needs", "postgers"),
            "`needs` names `postgers`, which is not a service\n    → did you mean `postgres`?",
        ),
        (("Till",), "a name is lower-case letters"),
        ((), "Missing argument 'NAME'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_with_its_fix_and_writes_nothing(
    platform: Demo, arguments: tuple[str, ...], said: str
) -> None:
    before = sorted(path for path in platform.root.rglob("*") if path.is_file())
    table = (platform.root / "dev/services.yaml").read_bytes()
    done = platform.devkit("new", "service", *arguments, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(path for path in platform.root.rglob("*") if path.is_file()) == before
    assert (platform.root / "dev/services.yaml").read_bytes() == table


def test_a_table_with_a_mistake_is_told_first(platform: Demo) -> None:
    table = platform.root / "dev/services.yaml"
    table.write_text(table.read_text().replace("type: redis", "type: rediss"))
    done = platform.devkit("new", "service", "till", check=False)
    assert done.returncode == 2
    assert "dev/services.yaml:" in done.stderr
    assert "did you mean `redis`?" in done.stderr
