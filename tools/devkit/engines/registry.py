"""Every engine. A new one is a folder next to these and an entry here."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.local.entry import LOCAL
from devkit.engines.protocol import EngineEntry
from devkit.engines.tilt.entry import TILT

__all__ = ["ENGINES", "PREFERRED", "engine_entry"]

# In the order in which one asks whether they run: a socket of this clone is asked faster than a cluster.
ENGINES: Mapping[str, EngineEntry] = {each.name: each for each in (LOCAL, TILT)}
# In the order in which `up` takes them; the last one always suits.
PREFERRED = (TILT, LOCAL)


def engine_entry(name: str) -> EngineEntry:
    """Raises DevkitError (exit 2) for an unknown name."""
    if name not in ENGINES:
        raise DevkitError(
            f"no engine {name!r}", fix=f"engines: {', '.join(ENGINES)}", exit_code=ExitCode.USAGE
        )
    return ENGINES[name]
