"""There is a default StorageClass, for the database's volume."""

from __future__ import annotations

import json
from typing import Any

from devkit.checks import Problem, Skipped, check, note
from devkit.doctor.facts.cluster import patch_fix, storage_classes
from devkit.doctor.facts.platform import adjusted
from devkit.doctor.machine import Machine

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


@check("cluster.storage", __doc__, after=("cluster.endpoint", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """Its name and provisioner."""
    platform = machine.fact(adjusted)
    if not any(platform.table.services[name].type.container.volume for name in platform.running):
        raise Skipped("nothing that runs needs a volume")
    found = machine.fact(storage_classes)
    default = [one for one in found if _is_default(one)]
    if not found:
        raise Problem(
            "the cluster has no StorageClass: the database's volume stays Pending",
            "switch the product's storage on (K3s, kind and minikube bring one), or install local-path-provisioner",
        )
    if not default:
        name = str(found[0]["metadata"]["name"])
        changes = {"metadata": {"annotations": {_DEFAULT: "true"}}}
        raise Problem(
            "none of the cluster's StorageClasses is the default: the database's volume stays Pending",
            fix=patch_fix(
                f"kubectl patch storageclass {name} -p '{json.dumps(changes, separators=(',', ':'))}'",
                f"/apis/storage.k8s.io/v1/storageclasses/{name}",
                changes,
                f"volumes that ask for no class are made by {found[0].get('provisioner')}",
            ),
        )
    names = [str(one["metadata"]["name"]) for one in default]
    if len(default) > 1:
        raise note(
            f"{len(default)} StorageClasses are the default ({', '.join(names)}): the newest is taken",
            f"kubectl annotate storageclass {names[-1]} {_DEFAULT}-",
        )
    return f"{names[0]} ({default[0].get('provisioner')})"


def _is_default(one: dict[str, Any]) -> bool:
    return (one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true"
