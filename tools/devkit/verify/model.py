"""What a check of the running platform declares beside what every check does: which service and port it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devkit.checks import Check
from devkit.engines.site import Site

__all__ = ["PlatformCheck"]


@dataclass(frozen=True, kw_only=True)
class PlatformCheck(Check[Site]):
    """A check of one `service`, or of the platform as a whole (None). `port`: the one that it asks, as in the table."""

    service: str | None = None
    port: int | None = None

    def moved(self, offset: int) -> PlatformCheck:
        """The same where ports are `offset` above the table's; what it is about names its port."""
        if self.port is None:
            return self
        return replace(self, about=f"port {self.port + offset}: {self.about}")
