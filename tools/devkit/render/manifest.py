"""A service's Kubernetes manifest, and what every template of k8s/dev is given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from devkit.model import Resources, Service
from devkit.render.environment import Environments, secret_names
from devkit.render.mesh import mesh_marks
from devkit.render.names import (
    CONFIG_NAME,
    SECRET_NAME,
    SERVICE_CONFIG_NAME,
    component,
    image_name,
    probe_port,
)
from devkit.render.templates import fill

__all__ = ["dev_resources", "manifest_of", "table_values"]

# Above the ids of Debian's and Alpine's own users; docker/ makes the same one.
USER_ID = 10001


def dev_resources(service: Service) -> Resources:
    """Staging's with development's laid over it, and no CPU limit: that would slow every reload down."""
    dev = service.dev_resources or Resources()
    limits = {what: amount for what, amount in service.resources.limits.items() if what != "cpu"}
    return Resources(requests={**service.resources.requests, **dev.requests}, limits={**limits, **dev.limits})


def table_values(cluster: Environments) -> dict[str, Any]:
    """Names that every template of k8s/dev may use. `config` is what services share, and their URLs; `service_config` what each
    has to itself, as `<service>.<NAME>`: two may have a variable of one name."""
    table, config = cluster.table, dict(sorted((cluster.shared | cluster.called).items()))
    of_services = {
        f"{service.name}.{name}": value
        for service in table.services.values()
        for name, value in own_config(cluster, config, service).items()
    }
    return {
        "table": table,
        "claim": None,
        "config": config,
        "config_name": CONFIG_NAME,
        "service_config": of_services,
        "service_config_name": SERVICE_CONFIG_NAME,
        "secret_name": SECRET_NAME,
        "user_id": USER_ID,
        "component": component,
        "probe_port": probe_port,
        "image": lambda service: image_name(table, service),
        "resources": dev_resources,
        "restart_json": _restart_json,
        "marks": lambda service: mesh_marks(table, service),
        "is_optional": lambda name: name in table.secrets and table.secrets[name].optional,
    }


def _restart_json(service: Service) -> str:
    """What the table says of it, as devserve reads it."""
    policy = service.restart
    assert policy is not None
    return json.dumps({"backoff": policy.backoff, "most": policy.most, "grace": policy.grace})


def own_config(cluster: Environments, config: Mapping[str, str], service: Service) -> dict[str, str]:
    """The plain variables of a service that the shared `config` does not already say, but for the port that it listens on."""
    given, plain = service.type.environment, cluster.of(service)
    shared = config if given.configured else {}
    return {
        name: value
        for name, value in plain.items()
        if shared.get(name) != value and name != given.port_variable
    }


def manifest_of(cluster: Environments, shared: Mapping[str, Any], service: Service) -> str:
    """The manifest of a service, for development. `environment` names what it alone has, `config_checksum` changes with
    every variable that it reads.

    `shared` are the values of the whole table.
    """
    container, given = service.type.container, service.type.environment
    own = own_config(cluster, shared["config"], service)
    read = json.dumps([shared["config"] if given.configured else {}, own], sort_keys=True)
    return fill(
        f"types/{service.type.name}/{container.manifest}",
        **shared,
        service=service,
        options=service.options,
        environment=own,
        config_checksum=f"c{hashlib.sha256(read.encode()).hexdigest()[:15]}",
        secrets=secret_names(cluster.table, service),
        **container.values(service),
    )
