"""The table's `staging` → the frozen `Staging`."""

from __future__ import annotations

from typing import Any

from devkit.model import Route, Staging, StagingVariable
from devkit.table.source_map import SourceMap

__all__ = ["build_staging"]


def build_staging(data: Any, source_map: SourceMap) -> Staging:
    """Build it from `data`, which has passed the schema."""
    return Staging(
        folder=data["folder"],
        place=source_map.key("staging"),
        registry=data["registry"],
        address=data.get("address", ""),
        stores=tuple(data.get("stores", ())),
        variables={
            name: StagingVariable(name=name, place=source_map.key("staging", "variables", name), **fields)
            for name, fields in data.get("variables", {}).items()
        },
        routes={
            name: Route(
                name=name,
                place=source_map.key("staging", "routes", name),
                **{**fields, "hosts": tuple(fields["hosts"])},
            )
            for name, fields in data.get("routes", {}).items()
        },
    )
