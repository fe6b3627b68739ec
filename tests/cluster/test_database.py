"""`devkit db` with the database in the cluster, from outside as a user calls it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.forward import forward
from devkit.cluster.pods import newest_ready, pods_path
from devkit.engines.tilt.migrations import packed

from tests.cluster.conftest import apply, manifests
from tests.support.platform import ROOT, SECRETS
from tests.support.polling import PATIENCE

Devkit = Callable[..., "subprocess.CompletedProcess[str]"]
HEAD = max(path.name for path in (ROOT / "migrations/versions").glob("[0-9]*.py")).partition("_")[0]
# Added by the tests, whatever there is already.
NEXT, AFTER = "9001", "9002"


@pytest.fixture
def root(tmp_path: Path, postgres: str) -> Path:
    """A clone whose table names the test's namespace."""
    table = yaml.safe_load((ROOT / "dev" / "services.yaml").read_text())
    table["namespace"] = postgres
    table["services"]["kubeview"]["env"]["SINGLE_NAMESPACE"]["default"] = postgres
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "services.yaml").write_text(yaml.safe_dump(table, sort_keys=False))
    for name in ("migrations", "dev/seed"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("apps", "libs"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def devkit(root: Path) -> Devkit:
    """Calls devkit in that clone."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "tools"), "db", *arguments],
            env=os.environ | {"DEVKIT_ROOT": str(root)},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    return call


@pytest.fixture(scope="module")
def url(cluster: Cluster, postgres: str) -> Iterator[str]:
    """The database as the test sees it, without devkit's commands."""
    with forward(cluster, postgres, "postgres", 5432) as port:
        yield f"postgresql://forma3d:{SECRETS['POSTGRES_PASSWORD']}@127.0.0.1:{port}/forma3d?client_encoding=utf8"


@pytest.fixture(scope="module")
def service(cluster: Cluster, postgres: str, service_image: str) -> str:
    """A deployed service that a Job can take its image from; without pods, which the tests do not need."""
    for manifest in manifests(ROOT / "k8s" / "dev" / "order-service.yaml"):
        if manifest["kind"] == "Deployment":
            manifest["spec"]["replicas"] = 0
            manifest["spec"]["template"]["spec"]["containers"][0]["image"] = service_image
            apply(cluster, postgres, manifest)
    for manifest in manifests(ROOT / "k8s" / "dev" / "configmap.yaml"):
        about = {"name": manifest["metadata"]["name"]}
        apply(cluster, postgres, {"kind": "ConfigMap", "metadata": about, "data": manifest["data"]})
    return "order-service"


def ask(url: str, query: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


@contextmanager
def secret_says(cluster: Cluster, namespace: str, url: str) -> Iterator[None]:
    """DATABASE_URL in the Secret, for a while."""
    path = f"/api/v1/namespaces/{namespace}/secrets/app-secrets"
    before = cluster.get(path)["data"]["DATABASE_URL"]
    cluster.patch(path, {"data": {"DATABASE_URL": base64.b64encode(url.encode()).decode()}})
    try:
        yield
    finally:
        cluster.patch(path, {"data": {"DATABASE_URL": before}})


def step(root: Path, number: str, after: str, body: str) -> None:
    """Adds a migration."""
    (root / f"migrations/versions/{number}_more.py").write_text(
        f"from alembic import op\nrevision = '{number}'\ndown_revision = '{after}'\n"
        f"def upgrade():\n    {body}\ndef downgrade():\n    pass\n"
    )


def leftovers(cluster: Cluster, namespace: str) -> list[str]:
    """Jobs, their pods and their ConfigMaps."""
    query = [("labelSelector", "app.kubernetes.io/name=db-migrate")]
    paths = (f"/apis/batch/v1/namespaces/{namespace}/jobs", f"/api/v1/namespaces/{namespace}/configmaps")
    return [item["metadata"]["name"] for path in paths for item in cluster.get(path, query)["items"]]


def test_from_nothing_to_seeded_and_back(devkit: Devkit, cluster: Cluster, postgres: str) -> None:
    before = devkit("status", "--json")
    assert before.returncode == ExitCode.CHECK_FAILED, before.stderr
    assert json.loads(before.stdout)["current"] is None
    first, again = devkit("migrate"), devkit("migrate", "--engine", "tilt")
    assert f"migrated an empty database → {HEAD}" in first.stderr
    assert f"the cluster's database (context {cluster.context.name}, namespace {postgres})" in first.stderr
    assert f"up to date at {HEAD}" in again.stderr
    for _ in range(2):
        assert "seeded 010_orders.sql" in devkit("seed").stderr
    shown = devkit("status")
    assert (shown.returncode, "engine tilt" in shown.stdout) == (0, True)
    found = json.loads(devkit("status", "--json").stdout)
    assert (found["engine"], found["current"], found["head"]) == ("tilt", HEAD, HEAD)
    assert found["address"] == f"postgres.{postgres}.svc.cluster.local:5432/forma3d"
    assert found["rows"]["orders"] == 3
    assert devkit("reset").returncode == ExitCode.USAGE, "it must ask"
    reset = devkit("reset", "--yes")
    assert f"migrated an empty database → {HEAD}" in reset.stderr
    assert json.loads(devkit("status", "--json").stdout)["rows"]["orders"] == 0
    output = "".join(done.stdout + done.stderr for done in (before, first, again, shown, reset))
    assert SECRETS["POSTGRES_PASSWORD"] not in output


def test_four_at_once_and_a_job(
    devkit: Devkit, root: Path, cluster: Cluster, postgres: str, service: str, url: str
) -> None:
    step(root, NEXT, HEAD, "op.execute('create table once (n int); select pg_sleep(1)')")
    with ThreadPoolExecutor(5) as pool:
        calls = [("migrate", "--in-cluster"), *[("migrate",)] * 4]
        done = list(pool.map(lambda arguments: devkit(*arguments), calls))
    assert [one.returncode for one in done] == [0] * 5, "\n".join(one.stderr for one in done)
    assert ask(url, "select count(*) from alembic_version where version_num = '9001'") == 1
    assert leftovers(cluster, postgres) == []


def test_a_job_and_a_host_that_share_no_lock_of_devkits(root: Path, url: str, devkit: Devkit) -> None:
    devkit("reset", "--yes")
    step(root, NEXT, HEAD, "op.execute('create table once (n int); select pg_sleep(1)')")
    alembic = [sys.executable, "-m", "alembic", "-c", str(root / "migrations/alembic.ini"), "upgrade", "head"]
    environment = {"PATH": os.defpath, "DATABASE_URL": url}
    with subprocess.Popen(alembic, env=environment, stderr=subprocess.PIPE, text=True) as bare:
        done = devkit("migrate")
        _, said = bare.communicate(timeout=PATIENCE)
    assert (done.returncode, bare.returncode) == (0, 0), done.stderr + said


def test_reset_waits_for_a_migration(root: Path, devkit: Devkit, url: str) -> None:
    devkit("reset", "--yes")
    step(root, NEXT, HEAD, "op.execute('create table once (n int); select pg_sleep(2)')")
    with ThreadPoolExecutor(2) as pool:
        migration = pool.submit(devkit, "migrate")
        until(lambda: ask(url, "select count(*) from pg_stat_activity where query like '%sleep(2)%'") > 1)
        reset = pool.submit(devkit, "reset", "--yes")
    assert (migration.result().returncode, reset.result().returncode) == (0, 0)
    assert f"migrated {HEAD} → {NEXT}" in migration.result().stderr
    assert "another migration or reset is running: held by pid" in reset.result().stderr
    assert f"migrated an empty database → {NEXT}" in reset.result().stderr


def test_the_job_runs_this_clones_migrations(
    root: Path, devkit: Devkit, cluster: Cluster, postgres: str, service: str
) -> None:
    devkit("reset", "--yes")
    step(root, NEXT, HEAD, "print('hello from the cluster, über', flush=True)")
    done = devkit("migrate", "--in-cluster")
    assert done.returncode == 0, done.stderr
    assert "hello from the cluster, über" in done.stderr
    assert f"devkit: at {NEXT}" in done.stderr
    step(root, AFTER, NEXT, "op.execute('selekt 1')")
    failed = devkit("migrate", "--in-cluster")
    assert failed.returncode == ExitCode.CHECK_FAILED
    assert 'syntax error at or near "selekt"' in failed.stderr
    assert "failed (Error, exit code 1)" in failed.stderr
    here = devkit("migrate")
    assert "a migration failed: 9002_more.py:5: " in here.stderr
    assert 'syntax error at or near "selekt"' in here.stderr
    assert leftovers(cluster, postgres) == []


def test_the_server_is_replaced_meanwhile(
    root: Path, devkit: Devkit, cluster: Cluster, postgres: str, url: str
) -> None:
    devkit("reset", "--yes")
    step(root, NEXT, HEAD, "op.execute('create table once (n int); select pg_sleep(2)')")
    before = newest_ready(cluster, postgres, "postgres")
    assert before is not None
    with ThreadPoolExecutor(1) as pool:
        migration = pool.submit(devkit, "migrate")
        until(lambda: ask(url, "select count(*) from pg_stat_activity where query like '%sleep(2)%'") > 1)
        cluster.delete(f"{pods_path(postgres)}/{before.name}")
    done = migration.result()
    assert done.returncode == 0, done.stderr
    assert "the connection to the database was lost; trying again" in done.stderr
    assert "waiting for the database (postgres-" in done.stderr
    assert f"migrated {HEAD} → {NEXT}" in done.stderr


def test_a_lock_that_does_not_come_free(root: Path, devkit: Devkit, url: str) -> None:
    devkit("reset", "--yes")
    step(root, NEXT, HEAD, "op.execute('alter table orders add column more int')")
    maintenance = url.replace("/forma3d?", "/postgres?application_name=hangs&")
    with psycopg.connect(maintenance) as holder:
        holder.execute("select pg_advisory_lock(110386941225332)")
        done = devkit("migrate", "--deadline", "1")
        assert (done.returncode, "waited 1 s for a lock" in done.stderr) == (1, True), done.stderr
        assert f"held by pid {holder.info.backend_pid} (hangs), idle in transaction" in done.stderr
    with psycopg.connect(url + "&application_name=someone") as holder:
        holder.execute("lock table orders")
        done = devkit("migrate", "--deadline", "2")
        assert (done.returncode, "waited 2 s for a lock" in done.stderr) == (1, True), done.stderr
        assert f"held by pid {holder.info.backend_pid} (someone), idle in transaction" in done.stderr


def test_a_wrong_password_is_told_at_once(devkit: Devkit, cluster: Cluster, postgres: str) -> None:
    url = f"postgresql://forma3d:wrong-one@postgres.{postgres}:5432/forma3d"
    with secret_says(cluster, postgres, url):
        done = devkit("migrate", "--deadline", "100000")
    assert done.returncode == ExitCode.REFUSED
    assert f"postgres.{postgres}:5432/forma3d refuses the password in the Secret" in done.stderr
    assert "wrong-one" not in done.stderr


def test_an_external_database_is_used_and_never_wiped(
    devkit: Devkit, cluster: Cluster, postgres: str, url: str
) -> None:
    with secret_says(cluster, postgres, url):
        refused = devkit("reset", "--yes", "--engine", "tilt")
        assert (refused.returncode, "this is your own database" in refused.stderr) == (ExitCode.REFUSED, True)
        assert devkit("migrate").returncode == 0
        found = json.loads(devkit("status", "--json").stdout)
    assert (found["engine"], found["address"]) == ("tilt", url.partition("@")[2].partition("?")[0])


def test_no_server(devkit: Devkit, cluster: Cluster, postgres: str) -> None:
    """Last but one: the server is taken away."""
    deployment = f"/apis/apps/v1/namespaces/{postgres}/deployments/postgres"
    cluster.patch(deployment, {"spec": {"replicas": 0}})
    until(lambda: newest_ready(cluster, postgres, "postgres") is None)
    done = devkit("migrate", "--deadline", "1")
    assert done.returncode == ExitCode.REFUSED
    assert "waiting for the database (postgres" in done.stderr
    assert f"no database at postgres.{postgres}.svc.cluster.local:5432/forma3d (postgres" in done.stderr
    wake = threading.Timer(1, lambda: cluster.patch(deployment, {"spec": {"replicas": 1}}))
    wake.start()
    assert devkit("migrate", "--deadline", "120").returncode == 0, "it waits until the server comes"
    wake.join()


def test_a_namespace_without_a_database_is_left_alone(
    devkit: Devkit, cluster: Cluster, postgres: str, root: Path
) -> None:
    with secret_says(cluster, postgres, ""):
        assert "nothing runs in this clone" in devkit("status").stderr, "this machine's, as without a cluster"
        told = devkit("status", "--engine", "tilt")
    assert (told.returncode, "no DATABASE_URL in the Secret" in told.stderr) == (ExitCode.REFUSED, True)


def test_what_does_not_go_into_a_configmap(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001 first.py").write_text("x")
    (tmp_path / "versions" / "0001_first.py").write_text("y")
    files, items = packed(tmp_path)
    assert {item["path"]: files[item["key"]] for item in items} == {
        "versions/0001 first.py": "x",
        "versions/0001_first.py": "y",
    }
    (tmp_path / "big.py").write_text("#" * 2**20)
    with pytest.raises(DevkitError, match="the cluster takes 1 MiB at once"):
        packed(tmp_path)
    (tmp_path / "big.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DevkitError, match=r"big\.py is not text"):
        packed(tmp_path)


def until(check: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Polls; a server that is busy may fail the question."""
    end = time.monotonic() + seconds
    while True:
        try:
            if check():
                return
        except psycopg.OperationalError:
            pass
        assert time.monotonic() < end
        time.sleep(0.1)
