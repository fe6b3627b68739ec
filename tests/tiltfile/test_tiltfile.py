"""What `tilt up` is told, by evaluating the Tiltfile with the real `devkit plan` behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.platform import python_services
from tests.support.platform import table as rows
from tests.support.tilt import Tilt, TiltfileError
from tests.tiltfile.conftest import Evaluate, forwards, variables

# As the table has them, whatever it has; `slicer` is switched off there.
PYTHON = set(python_services())
SERVICES = {name for name, row in rows()["services"].items() if row.get("enabled") is not False}


def rebuilt(tilt: Tilt, changed: str) -> tuple[set[str], set[str]]:
    """Images that take a changed file by a sync, and those that are built anew, as Tilt decides it."""
    synced: set[str] = set()
    built: set[str] = set()
    for image, given in tilt.images.items():
        if not any(Path(changed).is_relative_to(part) for part in [*given["only"], given["dockerfile"]]):
            continue
        inside = any(Path(changed).is_relative_to(source) for source, _ in given["sync"])
        (synced if inside else built).add(image.removeprefix("forma3d-connect-"))
    return synced, built


def test_everything_runs(plain: Tilt) -> None:
    assert plain.resources.keys() == SERVICES
    assert plain.images.keys() == {f"forma3d-connect-{name}" for name in PYTHON} | {"forma3d-connect-web-dev"}
    kinds = {(o["kind"], o["metadata"]["name"]) for o in plain.objects}
    config = {("ConfigMap", "app-config"), ("ConfigMap", "service-config")}
    assert {("Namespace", "forma3d-dev"), ("Secret", "app-secrets")} | config <= kinds


def test_forwards_are_the_seeds_and_on_loopback(plain: Tilt) -> None:
    assert forwards(plain, "gateway") == [(3000, 3000), (9229, 9229)]
    assert forwards(plain, "gridflock-service") == [(3004, 3004), (9233, 9233)]
    ports = {n: forwards(plain, n)[0][0] for n in ("web", "postgres", "redis", "kubeview")}
    assert ports == {"web": 4200, "postgres": 5432, "redis": 6379, "kubeview": 8000}
    assert {f["host"] for r in plain.resources.values() for f in r["forwards"]} == {"127.0.0.1"}


def test_labels_and_order(plain: Tilt) -> None:
    labels = {name: one["labels"] for name, one in (plain.resources | plain.local_resources).items()}
    assert labels["postgres"] == labels["redis"] == ["infra"]
    assert {tuple(labels[name]) for name in PYTHON} == {("backend",)}
    assert (labels["web"], labels["kubeview"]) == (["frontend"], ["tools"])
    assert labels["db-migrate"] == labels["db-seed"] == ["setup"]
    assert plain.resources["gateway"]["deps"] == ["postgres", "redis", "db-migrate"]
    assert plain.resources["web"]["deps"] == ["gateway"]


def test_steps(plain: Tilt) -> None:
    steps = plain.local_resources
    assert (steps["db-migrate"]["auto_init"], steps["db-migrate"]["trigger_mode"]) == (True, "auto")
    assert (steps["db-seed"]["auto_init"], steps["db-seed"]["trigger_mode"]) == (False, "manual")
    assert steps["db-migrate"]["deps"] == ["postgres"]
    assert steps["db-migrate"]["watch"] == ["migrations"]
    assert (steps["tunnel"]["auto_init"], steps["tunnel"]["trigger_mode"]) == (False, "manual")
    assert (steps["tunnel"]["cmd"], steps["tunnel"]["serve"]) == (
        [],
        ["./devkit", "tunnel", "--engine", "tilt"],
    )
    assert steps["db-migrate"]["ignore"] == ["**/__pycache__"]  # running it writes them: it would run again


def test_buttons_run_devkit(plain: Tilt) -> None:
    assert plain.buttons["send-shopify"]["resource"] == "gateway"
    sent = ["./devkit", "webhook", "shopify", "orders/create", "--engine", "tilt"]
    assert plain.commands["send-shopify"]["args"] == sent
    assert plain.commands["webhook-suite"]["args"] == ["./devkit", "webhook", "suite", "--engine", "tilt"]
    assert plain.buttons["migrate"]["resource"] == plain.buttons["db-reset"]["resource"] == "postgres"
    assert plain.buttons["db-reset"]["asks"]
    for name, command in plain.commands.items():
        assert command["buttons"] == [name]
        assert command["args"][0] == "./devkit"


@pytest.mark.parametrize("service", sorted(PYTHON))
def test_editing_a_service_syncs_into_exactly_one_container(plain: Tilt, service: str) -> None:
    assert rebuilt(plain, f"apps/{service}/src/{service.replace('-', '_')}/main.py") == ({service}, set())


@pytest.mark.parametrize(
    ("changed", "synced", "built"),
    [
        ("libs/common/health.py", PYTHON, set()),
        ("requirements/services.txt", set(), PYTHON),
        ("docker/service.Dockerfile", set(), PYTHON),
        ("apps/web/src/main.tsx", {"web-dev"}, set()),
        ("apps/web/index.html", {"web-dev"}, set()),
        ("apps/web/package-lock.json", set(), {"web-dev"}),
        ("README.md", set(), set()),
        ("tests/conftest.py", set(), set()),
        ("dev/services.yaml", set(), set()),
        ("requirements/tests.txt", set(), set()),
        ("tools/devserve/server.py", set(), PYTHON),
        ("tools/devkit/cli.py", set(), set()),
        ("migrations/versions/0001_first.py", PYTHON, set()),
    ],
)
def test_what_a_change_costs(plain: Tilt, changed: str, synced: set[str], built: set[str]) -> None:
    assert rebuilt(plain, changed) == (synced, built)


def test_syncs_lead_to_where_the_image_has_it(plain: Tilt) -> None:
    for given in plain.images.values():
        assert given["sync"]
        for source, target in given["sync"]:
            assert target == f"/app/{source}"


def test_missing_secrets_are_made_and_kept(evaluate: Evaluate, folder: Path) -> None:
    secret = folder / "k8s" / "dev" / "secret.yaml"
    evaluate()
    first = (secret.read_bytes(), secret.stat().st_mtime_ns)
    assert secret.stat().st_mode & 0o777 == 0o600
    evaluate()
    assert (secret.read_bytes(), secret.stat().st_mtime_ns) == first


def test_a_second_evaluation_writes_nothing_and_says_the_same(evaluate: Evaluate, folder: Path) -> None:
    first = evaluate()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    second = evaluate()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    assert (first.objects, first.images, first.resources) == (second.objects, second.images, second.resources)


def test_what_it_reads_is_watched(plain: Tilt) -> None:
    assert {
        "dev/services.yaml",
        "tilt_config.json",
        "k8s/dev/secret.yaml",
        "k8s/dev/gateway.yaml",
    } <= plain.watched


def test_a_table_that_was_not_rendered_yet_counts_all_the_same(evaluate: Evaluate, folder: Path) -> None:
    table = folder / "dev" / "services.yaml"
    table.write_text(table.read_text().replace('default: "10000"', 'default: "77"'))
    assert variables(evaluate(), "gateway")["RATE_LIMIT_DEFAULT"] == "77"


# tilt down -------------------------------------------------------------------------------------------


def test_down_builds_nothing_and_makes_no_secrets(evaluate: Evaluate, folder: Path) -> None:
    tilt = evaluate(subcommand="down")
    assert not tilt.images
    assert not (folder / "k8s" / "dev" / "secret.yaml").exists()
    assert [call[1] for call in tilt.local_calls] == ["plan"]
    assert tilt.resources.keys() == SERVICES


def test_data_and_namespace_outlive_down(evaluate: Evaluate) -> None:
    kept = {
        o["kind"]
        for o in evaluate(subcommand="down").objects
        if o["metadata"].get("annotations", {}).get("tilt.dev/down-policy") == "keep"
    }
    assert kept == {"Namespace", "PersistentVolumeClaim"}


# safety ----------------------------------------------------------------------------------------------


def test_a_cluster_that_nothing_here_explains_is_refused(evaluate: Evaluate) -> None:
    with pytest.raises(TiltfileError, match="DEVKIT_ALLOW_CONTEXT"):
        evaluate(allow="")


def test_down_is_refused_there_too(evaluate: Evaluate) -> None:
    with pytest.raises(TiltfileError, match="DEVKIT_ALLOW_CONTEXT"):
        evaluate(allow="", subcommand="down")


def test_no_secret_value_is_in_what_commands_print(evaluate: Evaluate, folder: Path) -> None:
    tilt = evaluate()
    values = yaml.safe_load((folder / "k8s" / "dev" / "secret.yaml").read_text())["stringData"].values()
    printed = repr(tilt.local_calls) + repr(tilt.commands) + repr(tilt.local_resources)
    assert not [value for value in values if len(value) > 12 and value in printed]


# the recorder itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("k8s_yamls('x')", "k8s_yamls"),
        ("docker_build('a', '.', dockerfil='x')", "dockerfil"),
        ("k8s_resource('gateway', port_forward=[1])", "port_forward"),
        ("load('ext://namespace', 'namespace_create')", "load"),
        ("local(['true'], quite=True)", "quite"),
        ("k8s_resource('nobody')", "nobody"),
        ("k8s_yaml({'kind': 'Pod'})", "k8s_yaml"),
        ("docker_build('a', 3)", "context"),
        ("config.define_int('x')", "define_int"),
    ],
)
def test_the_recorder_refuses_what_tilt_would(evaluate: Evaluate, folder: Path, line: str, said: str) -> None:
    (folder / "Tiltfile").write_text(line + "\n")
    with pytest.raises(TiltfileError, match=said):
        evaluate()
