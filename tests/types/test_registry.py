"""The registry: devkit's own types, and those that an installed package brings by an entry point."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.model import ServiceType
from devkit.table.load import parse_table
from devkit.types.registry import BUILT_IN, every_type, types_for

from tests.support.platform import ROOT

_TYPE = """\
from dataclasses import replace
from devkit.types.redis import REDIS

QUEUE = replace(REDIS, name="queue", about="our queue")
WORDS = "queue"
"""
_ROW = """\
version: 1
name: shop
namespace: shop-dev
image_prefix: shop
services:
  jobs: {type: queue, about: Jobs., image: "redis:7-alpine", port: 6390}
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package that brings a type: `name` of the entry point, and what it leads to in the module."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(
        name: str, attribute: str = "QUEUE", source: str = _TYPE, module: str = "made_queue"
    ) -> None:
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[devkit.types]\n{name} = {module}:{attribute}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)
        every_type.cache_clear()

    yield installed
    every_type.cache_clear()


def refusal() -> DevkitError:
    with pytest.raises(DevkitError) as problem:
        every_type()
    assert problem.value.exit_code is ExitCode.USAGE
    assert problem.value.fix == "fix or uninstall made-queue"
    return problem.value


def test_built_in_types_are_called_as_they_are_found() -> None:
    for name, kind in BUILT_IN.items():
        assert kind.name == name
        assert kind.folder.name == name
        assert (kind.folder / kind.container.manifest).is_file()


def test_a_package_brings_a_type_that_a_table_may_name(install: Install) -> None:
    install("queue")
    table, findings = parse_table(_ROW, "dev/services.yaml")
    assert table is not None, findings
    assert (table.services["jobs"].type.name, table.services["jobs"].type.about) == ("queue", "our queue")


def test_packages_are_not_looked_through_for_devkits_own(install: Install) -> None:
    install("queue", source="raise SystemExit('it was imported')\n")
    assert types_for(["python", "redis"]) is BUILT_IN


def test_without_the_package_the_type_is_unknown() -> None:
    every_type.cache_clear()
    table, findings = parse_table(_ROW, "dev/services.yaml")
    assert table is None
    assert "queue" in findings[0].message


def test_a_package_that_breaks_is_named(install: Install) -> None:
    install("queue", source="import no_such_module\n")
    message = refusal().message
    assert message.startswith("the service type `queue` of the package made-queue cannot be used: ")
    assert message.endswith("it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'")


def test_an_entry_point_that_leads_nowhere_is_named(install: Install) -> None:
    install("queue", "NOTHING")
    assert "it cannot be imported: AttributeError" in refusal().message


def test_what_is_no_type_is_refused(install: Install) -> None:
    install("queue", "WORDS")
    assert refusal().message.endswith("made_queue:WORDS is not a devkit.model.ServiceType")


def test_a_taken_name_is_refused(install: Install) -> None:
    install("redis", source=_TYPE.replace('"queue"', '"redis"'))
    assert refusal().message.endswith("there is a type `redis` already")


def test_two_names_for_one_type_are_refused(install: Install) -> None:
    install("jobs")
    assert refusal().message.endswith("it calls itself `queue`")


def test_mypy_names_what_a_new_type_lacks(tmp_path: Path) -> None:
    snippet = tmp_path / "made_type.py"
    snippet.write_text(
        'from devkit.model import ServiceType\n\nMADE = ServiceType(name="made", about="made")\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "--config-file",
         str(ROOT / "pyproject.toml"), str(snippet)],
        cwd=ROOT, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    required = [
        name
        for name, parameter in ServiceType.__dataclass_fields__.items()
        if name not in ("name", "about") and not hasattr(ServiceType, name) and _is_required(parameter)
    ]
    assert "environment" in required
    for name in required:
        assert f'"{name}"' in done.stdout, done.stdout


def _is_required(field: object) -> bool:
    from dataclasses import MISSING

    return getattr(field, "default", None) is MISSING and getattr(field, "default_factory", None) is MISSING
