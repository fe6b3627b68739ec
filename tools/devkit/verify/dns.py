"""Names of services, asked where a service would ask."""

from __future__ import annotations

from devkit.checks import Skipped
from devkit.engines.site import Site

__all__ = ["check_names"]


def check_names(site: Site, name: str) -> str:
    """Every service's names, in the container of `name`.

    Raises Problem with those that do not resolve, Skipped where there are none.
    """
    look_up = site.service(name).type.container.look_up
    seen = site.names_in(name, look_up) if look_up else None
    if seen is None:
        raise Skipped("there are no cluster names on this engine")
    return seen
