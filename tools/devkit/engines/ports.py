"""Which ports are free, and who holds those that are not."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from devkit.base.errors import DevkitError
from devkit.base.users import user_name

__all__ = ["Holder", "free_offset", "holders", "listeners", "listeners_on", "refuse_taken_ports"]


@dataclass(frozen=True)
class Holder:
    """A taken port and, where this user may see it, the process that listens on it.

    `address` is where it listens; `user` whose it is, known even where the process is not; `clone` the folder whose
    platform it belongs to, if it belongs to one. `forbidden`: nobody listens, but an ordinary user may not either.
    """

    port: int
    wanted_by: str
    pid: int | None = None
    process: str | None = None
    command: tuple[str, ...] = ()
    user: str | None = None
    address: str | None = None
    clone: Path | None = None
    forbidden: bool = False

    def __str__(self) -> str:
        who = f"{self.process} (pid {self.pid})" if self.pid else "another user's process"
        where = f" on [{self.address}], where localhost leads first" if ":" in (self.address or "") else ""
        return f"port {self.port} ({self.wanted_by}) is taken by {who}{where}"


def holders(wanted: Mapping[int, str]) -> list[Holder]:
    """The ports among `wanted` (port → who wants it) that cannot be bound on loopback (IPv4 or IPv6), each with its first holder."""
    found: dict[int, Holder] = {}
    for holder in listeners(wanted, ipv6=True):
        found.setdefault(holder.port, holder)
    return list(found.values())


def listeners(wanted: Mapping[int, str], *, ipv6: bool = False) -> list[Holder]:
    """As `holders`, with everyone who listens on such a port: one on IPv4 and another on IPv6 are two. Without `ipv6` a port
    that is taken there alone counts as free."""
    refused = {port: why for port in sorted(wanted) if (why := _refusal(port, ipv6=ipv6))}
    taken = [port for port, why in refused.items() if why != errno.EACCES]
    seen = _listeners(taken) if taken else {}
    found: list[Holder] = []
    for port, why in refused.items():
        if why == errno.EACCES:
            found.append(Holder(port, wanted[port], forbidden=True))
        else:
            found += [
                _described(port, wanted[port], pid, address) for pid, address in seen.get(port, {}).items()
            ] or [Holder(port, wanted[port], user=_user_of(port))]
    return found


def listeners_on(port: int, wanted_by: str) -> list[Holder]:
    """Everyone who listens on a port, on whatever address, as far as this user may see them."""
    seen = _listeners([port]).get(port, {})
    return [_described(port, wanted_by, pid, address) for pid, address in seen.items()]


def free_offset(wanted: Iterable[int], offset: int) -> int:
    """The next hundred by which all the ports, which are moved by `offset` already, would be free."""
    ports, more = list(wanted), 100
    while more < 1000 and any(_refusal(port + more, ipv6=True) for port in ports):
        more += 100
    return offset + more


def refuse_taken_ports(wanted: Mapping[int, str], offset: int = 0) -> None:
    """Raises DevkitError naming every taken port and its holder. `offset` is the one that `wanted` contains already."""
    if found := holders(wanted):
        move = f"move all of ours: ./devkit up --port-offset {free_offset(wanted, offset)}"
        pids = sorted({holder.pid for holder in found if holder.pid})
        clones = sorted({str(holder.clone) for holder in found if holder.clone})
        if clones:
            stop = f"that is the platform of {', '.join(clones)}: ./devkit down there, or "
        else:
            stop = (
                f"stop {'it' if len(pids) == 1 else 'them'} (kill {' '.join(map(str, pids))}), or "
                if pids
                else ""
            )
        raise DevkitError("\n        ".join(map(str, found)), fix=stop + move)


def _refusal(port: int, *, ipv6: bool) -> int | None:
    """Why a port cannot be had, an errno. One that only waits out its last connections can."""
    if not 0 < port < 65536:
        return errno.EADDRNOTAVAIL
    # Both of each kind, because BSD lets a port of 0.0.0.0 be taken on 127.0.0.1, too. Nothing of ours listens on IPv6, but
    # `localhost` leads there first: whoever has the port there would get our browser.
    for host in ("127.0.0.1", "0.0.0.0", *(("::1", "::") if ipv6 else ())):
        why = _bind(host, port)
        if why and (":" not in host or why == errno.EADDRINUSE):
            return why
    return None


def _bind(host: str, port: int) -> int | None:
    """Why a port cannot be had on an address; on one of IPv6 that may be that there is no IPv6."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, port))
    except OSError as problem:
        return problem.errno or errno.EADDRINUSE
    return None


def _listeners(ports: Iterable[int]) -> dict[int, dict[int, str]]:
    """pid → address of those who listen on each port, as far as this user may see them."""
    wanted = set(ports)
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):  # macOS, unless root
        return {}
    found: dict[int, dict[int, str]] = {}
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.pid:
            address, port = connection.laddr[0], connection.laddr[1]
            if port in wanted:
                found.setdefault(port, {}).setdefault(connection.pid, address)
    return found


def _described(port: int, wanted_by: str, pid: int, address: str) -> Holder:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            command: list[str] = []
            user = None
            with contextlib.suppress(psutil.Error, OSError):
                command = process.cmdline()
            with contextlib.suppress(psutil.Error, OSError, KeyError):
                user = process.username()
    except psutil.Error:
        return Holder(port, wanted_by, user=_user_of(port), address=address)
    return Holder(port, wanted_by, pid, name, tuple(command), user, address, _clone_of(process))


def _clone_of(process: psutil.Process) -> Path | None:
    """The clone whose platform a process belongs to, if it does: its supervisor, or its Tilt, would start it again."""
    try:
        for each in (process, *process.parents()):
            folder = each.cwd()
            if each.name().startswith("devkit:") or "/.devkit" in folder:
                return Path(folder.partition("/.devkit")[0])
            if each.name() == "tilt" and (Path(folder) / "dev" / "services.yaml").is_file():
                return Path(folder)
    except (psutil.Error, OSError):
        pass
    return None


def _user_of(port: int) -> str | None:
    """Whose the listener of a port is, where the kernel tells (Linux)."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                # 0A: it listens (TCP_LISTEN)
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    return user_name(int(fields[7])) or f"with the id {int(fields[7])}"
    return None
