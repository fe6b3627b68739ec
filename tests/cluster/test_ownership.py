"""Two clones of a repository name the same namespace: a command touches it only in the clone whose it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devkit.base.clone import bind_clone
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import annotate_namespace, namespace_annotations
from devkit.cluster.ownership import claim_namespace, claims, require_ours

from tests.support.demo import Demo, write_demo, write_files


@pytest.fixture
def clones(tmp_path: Path, cluster: Cluster, namespace: str) -> tuple[Demo, Demo]:
    """Two, and the namespace is the first one's."""
    made = []
    for name in ("first", "second"):
        ports = write_demo(tmp_path / name, namespace)
        bind_clone(tmp_path / name)
        made.append(Demo(tmp_path / name, ports))
    annotate_namespace(cluster, namespace, claims(bind_clone(made[0].root)))
    return made[0], made[1]


def test_whose_it_is(cluster: Cluster, namespace: str, clones: tuple[Demo, Demo]) -> None:
    first, second = clones
    require_ours(first.root, cluster, namespace)
    with pytest.raises(DevkitError) as refused:
        require_ours(second.root, cluster, namespace)
    assert refused.value.exit_code is ExitCode.REFUSED
    assert str(first.root) in refused.value.message
    claim_namespace(second.root, cluster, namespace)
    require_ours(second.root, cluster, namespace)
    with pytest.raises(DevkitError):
        require_ours(first.root, cluster, namespace)


def test_one_that_says_nothing_may_be_used(
    cluster: Cluster, namespace: str, clones: tuple[Demo, Demo]
) -> None:
    annotate_namespace(cluster, namespace, {"devkit/clone": "", "devkit/path": ""})
    for clone in clones:
        require_ours(clone.root, cluster, namespace)


def test_commands_in_the_other_clone(cluster: Cluster, namespace: str, clones: tuple[Demo, Demo]) -> None:
    first, second = clones
    before = namespace_annotations(cluster, namespace)
    for command in (
        "status", "logs", "restart hello", "db status", "db migrate", "db seed", "db reset --yes", "down", "reset --yes",
        "verify",
    ):  # fmt: skip
        done = second.devkit(*command.split(), "--engine", "tilt", check=False)
        assert done.returncode == 5, f"{command}: {done.stderr}"
        assert str(first.root) in done.stderr, command
    assert namespace_annotations(cluster, namespace) == before


def test_the_tiltfiles_plan(cluster: Cluster, namespace: str, clones: tuple[Demo, Demo]) -> None:
    """It is what Tilt applies, so `tilt up` by hand claims the namespace, and is refused another clone's."""
    first, second = clones
    context = cluster.context.name
    for clone in clones:
        write_files(clone.root, {"docker/service.Dockerfile": "FROM scratch\n"})
    plan = json.loads(first.devkit("plan", "--context", context).stdout)
    texts = {part["path"]: part.get("yaml", "") for part in plan["manifests"]}
    mark = bind_clone(first.root).mark
    assert f'devkit/clone: "{mark}"' in texts["k8s/dev/namespace.yaml"]
    assert f'DEVKIT_CLONE: "{mark}"' in texts["k8s/dev/configmap.yaml"]
    refused = second.devkit("plan", "--context", context, check=False)
    assert (refused.returncode, str(first.root) in refused.stderr) == (5, True)
