"""Data of the right shape → the frozen `Table`. Whether its names and numbers make sense is for the rules."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from devserve.process import Policy

from devkit.findings.model import Place
from devkit.findings.report import Suppression
from devkit.model import (
    MeshRelease,
    Probes,
    Resources,
    Secret,
    Service,
    ServiceType,
    StandIn,
    Table,
    Variable,
    Webhook,
    WebhookOrder,
    WebhookProvider,
)
from devkit.table.build_staging import build_staging
from devkit.table.source_map import SourceMap

__all__ = ["build_table"]

_TOLERANCE = 300  # seconds
_SOURCE = "src"


def build_table(data: Any, source_map: SourceMap, types: Mapping[str, ServiceType]) -> Table:
    """Build the table from `data`, which has passed the schema with these `types`."""
    table = Table(
        file=source_map.file,
        name=data["name"],
        namespace=data["namespace"],
        image_prefix=data["image_prefix"],
        allow_contexts=tuple(data.get("allow_contexts", ())),
        operations=data.get("operations", ""),
        shared=tuple(data.get("shared", ())),
        suppressions=tuple(
            _suppression(index, fields, source_map) for index, fields in enumerate(data.get("suppress", ()))
        ),
        webhook_providers={
            name: _provider(name, fields, source_map)
            for name, fields in data.get("webhook_providers", {}).items()
        },
        meshes={
            name: _mesh(name, fields, data, source_map) for name, fields in data.get("meshes", {}).items()
        },
        staging=build_staging(data["staging"], source_map) if "staging" in data else None,
        config=_variables(data.get("config", {}), ("config",), source_map),
        secrets={
            name: Secret(name=name, place=source_map.key("secrets", name), **fields)
            for name, fields in data.get("secrets", {}).items()
        },
        services={name: _service(name, data, types, source_map) for name in data["services"]},
    )
    table = table.with_stand_ins({s.name for s in table.services.values() if s.enabled is False})
    return table if data.get("debug", True) else table.without_debug()


def _suppression(index: int, fields: dict[str, Any], source_map: SourceMap) -> Suppression:
    until = date.min  # for a day that no calendar has, which a rule refuses
    with contextlib.suppress(ValueError):
        until = date.fromisoformat(fields["until"])
    return Suppression(fields["id"], fields["reason"], until, source_map.value("suppress", index, "id"))


def _provider(name: str, fields: dict[str, Any], source_map: SourceMap) -> WebhookProvider:
    timestamp, topic = fields.get("timestamp"), fields.get("topic", {})
    return WebhookProvider(
        name=name,
        place=source_map.key("webhook_providers", name),
        timestamp_header=timestamp["header"] if timestamp else "",
        tolerance=timestamp.get("tolerance", _TOLERANCE) if timestamp else 0,
        id_header=fields.get("id", {}).get("header", ""),
        topic_header=topic.get("header", ""),
        topic_key=topic.get("key", ""),
        retries=tuple(fields.get("retries", ())),
        **{key: value for key, value in fields.items() if not isinstance(value, dict | list)},
    )


def _mesh(
    name: str, fields: dict[str, Any], data: dict[str, Any], source_map: SourceMap
) -> MeshRelease | None:
    if not fields:
        return None
    named = {"release": fields["chart"], "namespace": data["namespace"], **fields}
    separate = named["namespace"] != data["namespace"]
    return MeshRelease(place=source_map.key("meshes", name), separate_namespace=separate, **named)


def _service(name: str, data: Any, types: Mapping[str, ServiceType], source_map: SourceMap) -> Service:
    fields = data["services"][name]
    kind = types[fields["type"]]
    at = ("services", name)
    keys = kind.keys
    shared = tuple(fields.get("shared", data.get("shared", ()))) if "shared" in keys.takes else ()
    options = {**keys.defaults(name), **{key: fields[key] for key in keys.specific if key in fields}}
    plain = {
        key: value
        for key, value in fields.items()
        if key not in options and not isinstance(value, dict | list)
    } | {
        "type": kind,
        "path": fields.get("path", f"apps/{name}" if keys.folder else None),
        "source": fields.get("source", _SOURCE if "source" in keys.takes else None),
        "shared": shared,
        "libraries": tuple(folder for folder in shared if folder not in _migrations(data)),
        "mesh": _mesh_settings(fields.get("mesh", False)),
        "one_copy": fields.get("one_copy", kind.one_copy),
        # A quantity may stand without quotes, as a number.
        "options": {key: str(value) if key in keys.quantities else value for key, value in options.items()},
    }
    return Service(
        name=name,
        place=source_map.key(*at),
        probes=Probes(**fields["probes"]) if "probes" in fields else None,
        stand_in=StandIn(**fields["stand_in"]) if "stand_in" in fields else None,
        needs=tuple(fields.get("needs", ())),
        calls=tuple(fields.get("calls", ())),
        secrets=tuple(fields.get("secrets", ())),
        resources=_resources(fields.get("resources", {})),
        dev_resources=_resources(fields["dev_resources"]) if "dev_resources" in fields else None,
        restart=Policy(**fields["restart"]) if "restart" in fields else None,
        env=_variables(fields.get("env", {}), (*at, "env"), source_map),
        webhooks={
            provider: _webhook(provider, route, source_map.key(*at, "webhooks", provider))
            for provider, route in fields.get("webhooks", {}).items()
        },
        **plain,
    )


def _webhook(provider: str, route: dict[str, Any], place: Place) -> Webhook:
    order = WebhookOrder(**route.get("order", {}))
    return Webhook(provider=provider, place=place, **{**route, "order": order})


def _migrations(data: Any) -> set[str]:
    """Folders that databases are migrated with: nobody imports from them."""
    return {str(fields["migrations"]) for fields in data["services"].values() if "migrations" in fields}


def _mesh_settings(given: bool | dict[str, Any]) -> dict[str, str] | None:
    if isinstance(given, dict):
        return {name: str(value) for name, value in given.items()}
    return {} if given else None


def _variables(fields: dict[str, Any], at: tuple[str, ...], source_map: SourceMap) -> dict[str, Variable]:
    return {name: Variable(name=name, place=source_map.key(*at, name), **f) for name, f in fields.items()}


def _resources(fields: dict[str, Any]) -> Resources:
    amounts = {kind: {k: str(v) for k, v in values.items()} for kind, values in fields.items()}
    return Resources(requests=amounts.get("requests", {}), limits=amounts.get("limits", {}))
