"""Making, renaming and removing a service: all of it, or nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.scaffold.new import NewService, new_service, type_named
from devkit.scaffold.remove import removal
from devkit.scaffold.rename import renaming
from devkit.table.load import read_table

from tests.support.platform import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The table, the services' code and their tests; no git."""
    for part in ("dev", "apps", "libs", "migrations"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "web")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copytree(
        ROOT / "tests/apps", tmp_path / "tests/apps", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def made(clone: Path, name: str = "stock-service", **more: object) -> NewService:
    return new_service(clone, name, type_named("python"), **more)  # type: ignore[arg-type]


def content(clone: Path) -> dict[str, bytes]:
    return {p.relative_to(clone).as_posix(): p.read_bytes() for p in clone.rglob("*") if p.is_file()}


def test_the_repositorys_templates_come_first(clone: Path) -> None:
    files = made(clone).change.files
    assert "common.service" in files["apps/stock-service/src/stock_service/main.py"].decode()
    shutil.rmtree(clone / "dev/templates")
    files = made(clone).change.files
    assert "FastAPI(" in files["apps/stock-service/src/stock_service/main.py"].decode()


def test_ports_are_the_next_free_ones(clone: Path) -> None:
    first = made(clone)
    assert (first.port, first.debug_port) == (3006, 9235)
    first.change.run(clone)
    second = made(clone, "till", port=4100)
    assert (second.port, second.debug_port) == (4100, 9236)


def test_needs_and_calls_are_added_to_the_templates(clone: Path) -> None:
    made(clone, needs=["redis", "order-service"], calls=["gateway"]).change.run(clone)
    service = read_table(clone / "dev/services.yaml").services["stock-service"]
    assert service.needs == ("postgres", "redis", "order-service")
    assert service.calls == ("gateway",)


@pytest.mark.parametrize(
    ("name", "said", "fix"),
    [
        ("Stock_Service", "a name is lower-case letters", "`stock-service` would do"),
        ("gateway", "has a service `gateway` already", "another name"),
        ("db-migrate", "it is a step of `tilt up`", "another name"),
        ("json", "the name of a Python module", "another name"),
        ("on", "YAML reads that as a switch", "another name"),
        ("redis", "already", "another name"),
    ],
)
def test_a_name_that_the_table_refuses(clone: Path, name: str, said: str, fix: str) -> None:
    before = content(clone)
    with pytest.raises(DevkitError) as caught:
        made(clone, name).change.run(clone)
    assert said in caught.value.message
    assert fix in str(caught.value.fix)
    assert content(clone) == before


@pytest.mark.parametrize(("port", "said"), [(3000, "already the `port` of `gateway`"), (80, "below 1024")])
def test_a_port_that_the_table_refuses(clone: Path, port: int, said: str) -> None:
    with pytest.raises(DevkitError, match=said):
        made(clone, port=port).change.run(clone)


def test_an_unknown_type_and_one_without_templates() -> None:
    with pytest.raises(DevkitError, match="no service type `pyton`") as caught:
        type_named("pyton")
    assert caught.value.fix == "did you mean python?"


def test_a_type_without_templates(clone: Path) -> None:
    with pytest.raises(DevkitError, match="no templates for a service of type image"):
        new_service(clone, "viewer", type_named("image"))
    (clone / "dev/templates/image").mkdir()
    (clone / "dev/templates/image/row.yaml").write_text("image: viewer:1.0\nkubernetes_only: true\n")
    new_service(clone, "viewer", type_named("image")).change.run(clone)
    viewer = read_table(clone / "dev/services.yaml").services["viewer"]
    assert (viewer.image, viewer.debug_port) == ("viewer:1.0", None)


def test_a_broken_template_is_named_and_nothing_is_written(clone: Path) -> None:
    (clone / "dev/templates/python/more.txt.j2").write_text("{{ nmae }}")
    before = content(clone)
    with pytest.raises(DevkitError, match=r"more\.txt\.j2: 'nmae' is undefined"):
        made(clone).change.run(clone)
    assert content(clone) == before


def test_a_folder_in_the_way_is_named(clone: Path) -> None:
    (clone / "apps/stock-service/src/stock_service").mkdir(parents=True)
    (clone / "apps/stock-service/src/stock_service/api.py").write_text("mine\n")
    before = content(clone)
    with pytest.raises(DevkitError, match=r"apps/stock-service/src/stock_service/api\.py is there already"):
        made(clone).change.run(clone)
    assert content(clone) == before


def test_what_cannot_be_rendered_undoes_everything(clone: Path) -> None:
    (clone / "k8s/dev").mkdir(parents=True)
    (clone / "k8s/dev/stock-service.yaml").write_text("somebody's own\n")
    before = content(clone)
    with pytest.raises(DevkitError, match=r"stock-service\.yaml"):
        made(clone).change.run(clone)
    assert content(clone) == before
    assert not (clone / "apps/stock-service").exists()


def test_a_renamed_service_is_renamed_in_its_own_files_and_pointed_at_elsewhere(clone: Path) -> None:
    made(clone).change.run(clone)
    (clone / "apps/stock-service/notes.md").write_text("stock-service, restock-service and stock_service\n")
    change = renaming(clone, "stock-service", "store-service")
    change.run(clone)
    assert (
        clone / "apps/store-service/notes.md"
    ).read_text() == "store-service, restock-service and store_service\n"
    main = (clone / "apps/store-service/src/store_service/main.py").read_text()
    assert "from store_service import api" in main
    assert "stock" not in main
    assert (clone / "tests/apps/test_store_service.py").is_file()
    assert not (clone / "tests/apps/test_stock_service.py").exists()
    assert not (clone / "apps/stock-service").exists()
    pointed = renaming(clone, "order-service", "purchase-service").notes
    assert any(note.startswith("apps/gateway/src/gateway/settings.py: ") for note in pointed)


def test_renaming_what_is_not_there_or_to_what_is(clone: Path) -> None:
    with pytest.raises(DevkitError, match="gatway"):
        renaming(clone, "gatway", "x")
    with pytest.raises(DevkitError, match="has a service `web` already"):
        renaming(clone, "gateway", "web")


def test_a_removed_service_takes_its_own_secrets_along(clone: Path) -> None:
    table = clone / "dev/services.yaml"
    made(clone).change.run(clone)
    text = table.read_text().replace(
        "\nsecrets:\n", "\nsecrets:\n  # Of the stock.\n  STOCK_KEY: {generate: 32, about: Opens it.}\n"
    )
    row, _, rest = text.partition("  stock-service:\n")[2].partition("secrets: [")
    table.write_text(
        f"{text.partition('  stock-service:')[0]}  stock-service:\n{row}secrets: [STOCK_KEY, {rest}"
    )
    found = removal(clone, "stock-service")
    assert found.secrets == ("STOCK_KEY",)
    assert found.change.deleted == ["apps/stock-service", "tests/apps/test_stock_service.py"]
    assert "apps/stock-service/src/stock_service/api.py" in found.unsaved, "without git nothing is saved"
    found.change.run(clone)
    assert table.read_text() == (ROOT / "dev/services.yaml").read_text()


def test_callers_lose_the_name_and_others_are_asked_first(clone: Path) -> None:
    with pytest.raises(DevkitError, match=r"services\.gateway\.webhooks\.simplyprint\.to") as caught:
        removal(clone, "print-service")
    assert "then remove it" in str(caught.value.fix)
    found = removal(clone, "gridflock-service", keep_files=True)
    assert found.callers == ("gateway",)
    assert found.change.deleted == []
    found.change.run(clone)
    assert "gridflock-service" not in read_table(clone / "dev/services.yaml").services["gateway"].calls
    assert (clone / "apps/gridflock-service").is_dir()


@pytest.mark.parametrize("name", ["a", "stock-service", "a-service-with-a-long-name"])
@pytest.mark.parametrize("own", [True, False], ids=["the repository's", "devkit's"])
def test_what_is_made_passes_the_linter(clone: Path, name: str, own: bool) -> None:
    if not own:
        shutil.rmtree(clone / "dev/templates")
    # What is an import of its own to the linter follows from the folders around it.
    left_out = shutil.ignore_patterns("node_modules", "__pycache__", ".*", "golden", "bad")
    shutil.copytree(ROOT / "tests", clone / "tests", ignore=left_out, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", clone)
    found = made(clone, name)
    found.change.run(clone)
    files = [path for path in found.change.files if path.endswith(".py")]
    for step in (("format", "--check"), ("check",)):
        ruff = [sys.executable, "-m", "ruff", *step, "--no-cache", *files]
        done = subprocess.run(ruff, cwd=clone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_anothers_stays(clone: Path) -> None:
    """A folder that two rows name, and a test whose name only begins alike."""
    made(clone, "order").change.run(clone)
    table = clone / "dev/services.yaml"
    row = "  order:\n    type: python\n"
    shared = row + "    path: apps/order-service\n    app: order_service.main:app\n"
    table.write_text(table.read_text().replace(row, shared))
    found = removal(clone, "order")
    assert found.change.deleted == ["tests/apps/test_order.py"]
    found.change.run(clone)
    assert (clone / "apps/order-service/src/order_service/main.py").is_file()
    assert (clone / "tests/apps/test_order_flow.py").is_file()


def test_a_clone_below_a_folder_called_build(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    below = tmp_path_factory.mktemp("odd") / "build" / "clone"
    shutil.copytree(clone, below)
    made(below).change.run(below)
    renaming(below, "stock-service", "store-service").run(below)
    assert "stock" not in (below / "apps/store-service/src/store_service/main.py").read_text()
