"""By which names others in a network find a copy. Docker's DNS knows no health: it gives the address of every container that
runs. So a new copy gets its names once it is ready, and one that leaves loses them first.

A container's names in a network can be changed by leaving and joining it. Connections outlive that (0.3 s without an answer) where
the container keeps its address, and an address can be chosen in networks whose range for Docker's own choice (`ip_range`) is
smaller than the subnet: those outside of the range are never given to anybody else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from devkit.base.errors import DevkitError
from devkit.compose.containers import Container
from devkit.compose.docker import Docker
from devkit.compose.roll.commands import Words, connect, disconnect
from devkit.compose.roll.plan import Plan, ServicePlan

__all__ = ["can_choose", "give_names", "settle", "take_names"]


def can_choose(docker: Docker, network: str) -> bool:
    """Whether addresses in a network can be chosen, and Docker never gives them to others."""
    return bool(_kept(docker.inspect("network", [network])[0]))


def settle(
    docker: Docker, plan: Plan, service: ServicePlan, copy: Container, all_copies: Iterable[Container]
) -> Iterator[Words]:
    """Gives a container that does not run an address of its own, and no names, in each network of the plan's. One that a kill
    has left outside of a network comes back in."""
    taken = {
        endpoint.fixed for other in all_copies for endpoint in other.endpoints.values() if other.id != copy.id
    }
    for network in _shared(plan, service):
        endpoint = copy.endpoints.get(network)
        data = docker.inspect("network", [network])[0]
        if endpoint is not None:
            if endpoint.fixed and not copy.is_named(network) and _is_kept(data, endpoint.fixed):
                continue
            yield disconnect(docker, network, copy.id)
        yield connect(docker, network, copy.id, _free(data, taken, copy), ())


def give_names(docker: Docker, plan: Plan, service: ServicePlan, copy: Container) -> Iterator[Words]:
    """Lets others find a running copy."""
    for network in _shared(plan, service):
        if not copy.is_named(network):
            yield from _again(docker, network, copy, service.names[network])


def take_names(docker: Docker, plan: Plan, service: ServicePlan, copy: Container) -> Iterator[Words]:
    """Lets nobody find a running copy any more."""
    for network in _shared(plan, service):
        if copy.is_named(network):
            yield from _again(docker, network, copy, ())


def _again(docker: Docker, network: str, copy: Container, names: Iterable[str]) -> Iterator[Words]:
    """The same address, other names."""
    endpoint = copy.endpoints.get(network)
    if endpoint is None or not endpoint.address:
        raise DevkitError(f"{copy.name} has no address in {network}", fix=f"docker inspect {copy.short}")
    yield disconnect(docker, network, copy.id)
    yield connect(docker, network, copy.id, endpoint.address, tuple(names))


def _shared(plan: Plan, service: ServicePlan) -> list[str]:
    return [network for network in plan.networks if network in service.names]


def _kept(data: dict[str, Any]) -> list[tuple[ipaddress.IPv4Network, ipaddress.IPv4Network, set[str]]]:
    """Each subnet with the range that Docker gives addresses from, and what else is taken in it."""
    found = []
    for each in data["IPAM"]["Config"] or ():
        if each.get("IPRange") and ":" not in each["Subnet"]:
            subnet, given = ipaddress.IPv4Network(each["Subnet"]), ipaddress.IPv4Network(each["IPRange"])
            if given != subnet:
                taken = {value for value in each.values() if isinstance(value, str)}
                taken |= set((each.get("AuxiliaryAddresses") or {}).values())
                found.append((subnet, given, taken))
    return found


def _is_kept(data: dict[str, Any], address: str) -> bool:
    found = ipaddress.IPv4Address(address)
    return any(found in subnet and found not in given for subnet, given, _ in _kept(data))


def _free(data: dict[str, Any], fixed: set[str], copy: Container) -> str:
    """An address that nobody has. Each container begins to look at another place, so that one is not soon used again."""
    used = {each["IPv4Address"].partition("/")[0] for each in data["Containers"].values()} | fixed
    for subnet, given, taken in _kept(data):
        size, first = subnet.num_addresses, int(copy.id[:8], 16)
        for step in range(size):
            number = (first + step) % size
            address = subnet.network_address + number
            if 0 < number < size - 1 and address not in given and str(address) not in used | taken:
                return str(address)
    raise DevkitError(f"no address is left in {data['Name']}", fix="give the network a larger subnet")
