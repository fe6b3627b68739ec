"""What was planned, what was done and why, and who is at it: on the Docker host, beside the project, so that two operators meet.

The journal is a volume; each roll is a file in it. A container that never runs has that volume, and `docker cp` reads and writes
through it: nothing else has to be on the host. The container's name is the lock, since Docker gives a name to one container
only; its id is the fence: who has lost the lock writes into a container that is gone, and fails.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.compose.containers import moment
from devkit.compose.docker import Docker, DockerAway
from devkit.compose.roll.lock import PLACE, holder, name_of, take, who

__all__ = ["Entry", "Journal", "entries"]

# Seconds after which the one who has the lock is taken for dead, and how often it says that it lives.
_SILENT = 60.0
_BEAT = 10.0


@dataclass(frozen=True)
class Entry:
    """One roll as the journal has it. `phase`: forward, back, commit; then done, taken back, paused. `beat` is when its process
    last wrote, in seconds of the Docker host's clock."""

    id: str
    kind: str
    phase: str
    plan: Mapping[str, Any]
    events: list[dict[str, Any]]
    beat: float = 0.0
    who: str = ""

    @property
    def is_open(self) -> bool:
        return self.phase in ("forward", "back", "commit", "paused")


@dataclass
class Journal:
    """The open journal of one roll, with the lock held by container `lock`. `offset` is how far the Docker host's clock is ahead
    of this machine's. A `lenient` one goes on where it cannot write. `tell` shows what is
    noted."""

    docker: Docker
    lock: str
    id: str
    who: str
    kind: str = "roll"
    phase: str = "forward"
    plan: Mapping[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    offset: float = 0.0
    lenient: bool = False
    tell: Callable[[str], None] | None = None
    _turn: int = 0
    _last: float = 0.0

    @classmethod
    def begin(cls, docker: Docker, project: str, image: str, id_: str, kind: str) -> Journal:
        """Takes the lock for a new roll. Raises DevkitError (exit 5) where another one has it."""
        lock = take(docker, project, image)
        return cls(docker, lock, id_, who(), kind, offset=_host_time(docker) - time.time())

    @classmethod
    def again(cls, docker: Docker, project: str, image: str) -> Journal:
        """Takes over the roll that was left. Raises DevkitError where there is none, or who has it lives."""
        found, offset = holder(docker, project), _host_time(docker) - time.time()
        left = [entry for entry in entries(docker, project, image) if entry.is_open]
        if not left:
            if found is not None:
                docker.run("rm", "--force", found.container)  # killed before it had planned anything
            raise DevkitError(f"no roll of {project} was left unfinished", exit_code=ExitCode.USAGE)
        entry = left[-1]
        if found is not None:
            silent = time.time() + offset - entry.beat
            if entry.phase != "paused" and not found.is_here_and_dead and silent < _SILENT:
                raise DevkitError(
                    f"{entry.id} is at work: {found.who} wrote {max(silent, 0):.0f} s ago",
                    fix=f"wait for it; one that has been silent for {_SILENT:.0f} s can be taken over",
                    exit_code=ExitCode.REFUSED,
                )
            docker.run("rm", "--force", found.container)
        lock = take(docker, project, image)
        journal = cls(
            docker, lock, entry.id, who(), entry.kind, entry.phase, entry.plan, entry.events, offset
        )
        journal._turn = len(entry.events)
        journal.note("taken over")
        return journal

    def enter(self, phase: str, **more: Any) -> None:
        """Begins a phase."""
        self.phase = phase
        self._show(phase)
        self.write(what="phase", phase=phase, **more)

    def note(self, words: str, **more: Any) -> None:
        """Writes what was seen or decided, and tells it."""
        self._show(words)
        self.write(what="note", words=words, **more)

    def _show(self, words: str) -> None:
        if self.tell is not None:
            self.tell(words)

    def write(self, **event: Any) -> None:
        """Adds an event and writes the whole; it is there when this returns.

        Raises DevkitError when it cannot be written, or another process has taken the roll over.
        """
        self.events.append({"at": _stamp(time.time() + self.offset), **event})
        self._save()

    def beat(self) -> None:
        """Says that this process lives, from time to time."""
        if time.monotonic() - self._last > _BEAT:
            self._save()

    def free(self) -> None:
        """Gives the lock back."""
        with suppress(DevkitError):
            self.docker.run("rm", "--force", self.lock)

    def _save(self) -> None:
        """Two files in turn: a kill while one is written leaves the other."""
        self._turn += 1
        self._last = time.monotonic()
        whole = Entry(
            self.id, self.kind, self.phase, self.plan, self.events, time.time() + self.offset, self.who
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{self.id}.{self._turn % 2}.json")
            file.write_text(json.dumps({**whole.__dict__, "turn": self._turn}))
            try:
                self.docker.run("cp", str(file), f"{self.lock}:{PLACE}/{file.name}")
            except DockerAway:
                raise
            except DevkitError as problem:
                lost = self._lost()
                if self.lenient and lost is None:
                    return
                raise lost or DevkitError(
                    f"the journal cannot be written: {problem.message}", fix="is the Docker host's disk full?"
                ) from None

    def _lost(self) -> DevkitError | None:
        if self.docker.ask("container", "inspect", self.lock).code == 0:
            return None
        return DevkitError(
            "another process has taken this roll over, so this one stops", exit_code=ExitCode.REFUSED
        )


def entries(docker: Docker, project: str, image: str) -> list[Entry]:
    """Every roll of a project, the oldest first; none where it has never been rolled. `image` is any that is on the host."""
    if docker.ask("volume", "inspect", name_of(project)).code:
        return []
    volume = f"{name_of(project)}:{PLACE}"
    reader = docker.run(
        "create", "--network", "none", "--volume", volume, "--label", f"devkit.reads={project}", image, "-"
    ).strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            docker.run("cp", f"{reader}:{PLACE}/.", folder)
            return _read(Path(folder))
    finally:
        docker.ask("rm", "--force", reader)


def _read(folder: Path) -> list[Entry]:
    newest: dict[str, dict[str, Any]] = {}
    for file in folder.glob("*.json"):
        with suppress(ValueError):  # half-written: the other one of the two is whole
            data = json.loads(file.read_text())
            if data["turn"] >= newest.get(data["id"], {"turn": 0})["turn"]:
                newest[data["id"]] = data
    plain = ({key: value for key, value in data.items() if key != "turn"} for data in newest.values())
    return sorted((Entry(**data) for data in plain), key=lambda entry: entry.id)


def _host_time(docker: Docker) -> float:
    """The Docker host's clock."""
    found = moment(docker.run("info", "--format", "{{.SystemTime}}").strip())
    return found.timestamp() if found is not None else time.time()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
