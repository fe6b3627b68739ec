"""Services of a private instance with devprobe in their processes: what is put in front of each, and what it has seen."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devprobe.settings import LOOK, OF_PROCESS, VARIABLE, Settings

from devkit.base.loopback import loopback
from devkit.base.paths import INSTALLATION, STATE_FOLDER
from devkit.engines.local.units import Unit
from devkit.instance.instance import PrivateInstance

__all__ = ["Frame", "Record", "Watching"]

_OF_PROCESS = re.compile(rf"^{OF_PROCESS}\d+/")
_APPLICATION = "devprobe.application:app"
_STARTUP = INSTALLATION / "tools" / "devprobe" / "startup"
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")


@dataclass(frozen=True)
class Frame:
    """A line that was run. `file` is relative to the repository; absolute where it is not part of it."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}"


@dataclass(frozen=True)
class Record:
    """Something that devprobe saw: `what` it was, in which process (and that one's parent) and scope, where, and what else is known of it."""

    service: str
    what: str
    pid: int
    parent: int
    at: float
    scope: tuple[str, ...]
    stack: tuple[Frame, ...]
    about: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The file that it is about."""
        return str(self.about["path"])


class Watching:
    """Of one instance. Each service has folders of its own, empty at first: its temporary one and its home."""

    def __init__(self, instance: PrivateInstance) -> None:
        self._instance = instance
        self.root = instance.root
        self.names = [unit.name for unit in instance.services()]
        self._records = instance.folder / "records"
        for folder in (self._records, *map(self.temporary, self.names), *map(self.home, self.names)):
            folder.mkdir(parents=True)

    def temporary(self, service: str) -> Path:
        """Where its temporary files are."""
        return self._instance.folder / "temporary" / service

    def home(self, service: str) -> Path:
        """Its home, which an image does not have."""
        return self._instance.folder / "home" / service

    def watched(
        self,
        unit: Unit,
        *,
        memory: bool = False,
        apart: bool = False,
        traced: Mapping[str, Sequence[str]] | None = None,
    ) -> Unit:
        """The unit with devprobe in its process; others are as they are. `memory`: its variables are compared; `traced` are
        those whose changes are looked for line by line; `apart`: each of its processes has a temporary folder of its own."""
        if unit.name not in self.names or unit.process is None:
            return unit
        keys = tuple((traced or {}).get(unit.name, ()))
        probes = self._instance.table.services[unit.name].probes
        settings = Settings(
            records=str(self._file(unit.name)),
            root=str(self.root),
            temporary=(str(self.temporary(unit.name)), *_TEMPORARY),
            kept=(str(self.root), str(self._instance.folder / "home")),
            ignored=(str(self.root / STATE_FOLDER),),
            app=str(unit.process.start["app"]),
            probes=(probes.live, probes.ready) if probes else (),
            memory=memory,
            apart=apart,
            traced=keys,
        )
        environment = {
            **unit.environment,
            VARIABLE: settings.as_text(),
            "TMPDIR": str(self.temporary(unit.name)),
            "HOME": str(self.home(unit.name)),
            "XDG_CACHE_HOME": str(self.home(unit.name) / ".cache"),
            # Of Python processes that the service starts itself.
            "PYTHONPATH": str(_STARTUP),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        process = replace(unit.process, start={**unit.process.start, "app": _APPLICATION})
        return replace(unit, process=process, environment=environment)

    def look(self) -> None:
        """Has every service that runs compare its variables now."""
        for unit in self._instance.services():
            with loopback(30) as client:
                client.get(f"http://127.0.0.1:{unit.port}{LOOK}").raise_for_status()

    def records(self) -> Iterator[Record]:
        """All that was seen since the beginning, service by service, as it happened."""
        for name in self.names:
            if self._file(name).exists():
                for line in self._file(name).read_text("utf-8", "replace").splitlines():
                    yield self._record(name, json.loads(line))

    def strays(self) -> list[tuple[str, str]]:
        """Service and path of what services made in folders for temporary files that are not their own, and what is still
        there: they name `/tmp` instead of asking for it."""
        made = {
            record.path: record.service
            for record in self.records()
            if record.what == "write" and record.about["new"] and record.about["temporary"]
        }
        return [
            (service, path)
            for path, service in made.items()
            if not Path(path).is_relative_to(self._instance.folder) and os.path.lexists(path)
        ]

    def remove_strays(self) -> None:
        """Nothing is left of them."""
        for _, path in self.strays():
            with contextlib.suppress(OSError):
                if Path(path).is_dir() and not Path(path).is_symlink():
                    shutil.rmtree(path)
                else:
                    Path(path).unlink()

    def forget(self) -> None:
        """Begins anew: what was seen so far is not reported again."""
        self.remove_strays()
        for name in self.names:
            if self._file(name).exists():
                self._file(name).write_bytes(b"")

    def frame(self, file: str, line: int, function: str = "") -> Frame:
        """A place in the copy, as one in the repository."""
        path = Path(file)
        if path.is_relative_to(self.root):
            file = path.relative_to(self.root).as_posix()
        return Frame(file, line, function)

    def shown(self, path: str) -> str:
        """A file as a person knows it: from the repository's folder, the home or the temporary folder of the service."""
        found = Path(path)
        for folder, name in (
            (self.root, ""),
            *((self.home(service), "~/") for service in self.names),
            *((self.temporary(service), "/tmp/") for service in self.names),
        ):
            if found.is_relative_to(folder):
                return name + _OF_PROCESS.sub("", found.relative_to(folder).as_posix())
        return path

    def _file(self, service: str) -> Path:
        return self._records / f"{service}.jsonl"

    def _record(self, service: str, line: dict[str, Any]) -> Record:
        stack = tuple(self.frame(*frame) for frame in line.pop("stack", ()))
        return Record(
            service,
            line.pop("what"),
            line.pop("pid"),
            line.pop("parent"),
            line.pop("at"),
            tuple(line.pop("scope")),
            stack,
            line,
        )
