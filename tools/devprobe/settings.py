"""What a watched process is told, in the variable DEVPROBE."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

__all__ = ["LOOK", "OF_PROCESS", "PROBE", "VARIABLE", "Settings", "told"]

VARIABLE = "DEVPROBE"

LOOK = "/.devprobe/look"
"""GET: compares the variables now, and answers 204."""

OF_PROCESS = "process-"
"""How the name of a temporary folder begins that one process has to itself; its id follows."""

PROBE = "a probe"
"""What a request for the process's health is called."""


@dataclass(frozen=True)
class Settings:
    """`records` is the file that is written to, `root` the folder of the code, `temporary` are the folders for temporary
    files, and `kept` folders that lie in one of those but count as outside; what is below
    those that are `ignored` is not the service's doing. `app` is the application (`module:attribute`);
    `probes`
    are paths that ask for its health, which is the process's own. `memory`: its variables are compared; `apart`: each process gets a temporary folder of its
    own, as each pod does; `traced` are those whose changes are looked for line by line."""

    records: str
    root: str
    temporary: tuple[str, ...]
    kept: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    app: str = ""
    probes: tuple[str, ...] = ()
    memory: bool = False
    apart: bool = False
    traced: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The variable's value."""
        return json.dumps(asdict(self))

    def is_code(self, file: str) -> bool:
        """Whether a file is the repository's own code."""
        return file.startswith(self.root + os.sep)

    def is_ignored(self, path: str) -> bool:
        """Whether what happens to a path is somebody else's."""
        return any(_below(path, folder) for folder in self.ignored)

    def is_temporary(self, path: str) -> bool:
        """Whether a path is below a folder for temporary files."""
        return any(_below(path, folder) for folder in self.temporary) and not any(
            _below(path, folder) for folder in self.kept
        )


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def told() -> Settings | None:
    """What this process is told; None in one that is not watched."""
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    values = json.loads(text)
    for name in ("temporary", "kept", "ignored", "probes", "traced"):
        values[name] = tuple(values[name])
    return Settings(**values)
