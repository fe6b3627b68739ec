"""What one client may take of a service, and who is connected."""

from __future__ import annotations

import resource
from collections import Counter
from dataclasses import dataclass, replace

from common.clients import Networks, client_key, within

__all__ = ["Connections", "Limits"]

# Beside connections: databases, services behind, log files.
_OTHER_FILES = 300


@dataclass(frozen=True)
class Limits:
    """Of one request: its line, each header's line, all of them, and the time for head and body. Of connections: all of
    them and those of one client; 0 is no limit, and proxies may have as many as there are."""

    line_bytes: int = 16 * 1024
    header_bytes: int = 64 * 1024
    header_lines: int = 100
    head_seconds: float = 10
    body_seconds: float = 30
    connections: int = 0
    connections_per_client: int = 0
    proxies: Networks = ()

    def plus_seconds(self, seconds: float) -> Limits:
        """The same limits with so much more time."""
        return replace(
            self, head_seconds=self.head_seconds + seconds, body_seconds=self.body_seconds + seconds
        )


class Connections:
    """Who is connected."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # state: allow: a connection is the process's own, and so is the count of them
        self._clients: dict[object, str] = {}
        # state: allow: as above; each process has its own limit of open files
        self._counts: Counter[str] = Counter()
        _allow_files(limits.connections + _OTHER_FILES)

    def enter(self, connection: object, address: str) -> bool:
        """Counts a connection; False when there are too many already, and then it does not count."""
        of_all, of_one = self._limits.connections, self._limits.connections_per_client
        key = client_key(address)
        full = of_all and len(self._clients) >= of_all
        greedy = of_one and self._counts[key] >= of_one and not within(address, self._limits.proxies)
        if full or greedy:
            return False
        self._clients[connection] = key
        self._counts[key] += 1
        return True

    def leave(self, connection: object) -> None:
        """Forgets a connection, counted or not."""
        key = self._clients.pop(connection, None)
        if key is None:
            return
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]


def _allow_files(wanted: int) -> None:
    """Lets the process open so many files, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
