"""The manifests under the default rules of kube-score. What development wants otherwise stands here with its reason."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

# check → why it does not hold in k8s/dev
EXCEPTIONS = {
    "container-ephemeral-storage-request-and-limit": "one developer's node: what a container writes is its image's and /tmp",
    "container-image-pull-policy": "images are built here and are in no registry to be asked each time",
    "container-image-tag": "Tilt replaces the name with the tag of what it built",
    "container-resources": "no CPU limit: throttled imports would slow every reload down",
    "container-security-context-readonlyrootfilesystem": "live sync writes the sources into the container",
    "container-security-context-user-group-id": "Postgres, Redis and KubeView keep their images' own users",
    "deployment-replicas": "one replica each: one debug port, one synced container",
    "pod-networkpolicy": "a namespace of its own on the developer's machine; many local clusters enforce none",
    "deployment-strategy": "Recreate: the volume can be held by one pod at a time, and Redis has one state",
    "pod-probes-identical": "a page and the infrastructure have one sign of life; the services' two paths differ",
}


def lint(*options: str) -> dict[str, set[str]]:
    """Check id → objects that fail it, in the linter's default profile."""
    files = sorted(str(path) for path in (ROOT / "k8s/dev").glob("*.yaml") if path.name != "secret.yaml")
    done = subprocess.run(
        ["kube-score", "score", "--output-format", "json", *options, *files],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    found: dict[str, set[str]] = {}
    for one in json.loads(done.stdout):
        for check in one.get("checks") or []:
            if not check.get("skipped") and check["grade"] < 10:  # all OK is 10
                found.setdefault(check["check"]["id"], set()).add(one["object_name"])
    return found


@pytest.mark.skipif(shutil.which("kube-score") is None, reason="needs kube-score")
def test_clean_but_for_what_is_listed() -> None:
    found = lint()
    unlisted = {check: names for check, names in found.items() if check not in EXCEPTIONS}
    assert not unlisted
    assert not EXCEPTIONS.keys() - found.keys(), "these exceptions are not needed any more"
