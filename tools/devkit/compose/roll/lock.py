"""Who rolls a project: one at a time. Docker gives a name to one container only, so a container that never runs is the lock."""

from __future__ import annotations

import getpass
import json
import socket
from dataclasses import dataclass

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.process_identity import ProcessIdentity, this_process
from devkit.compose.docker import Docker

__all__ = ["PLACE", "Holder", "holder", "name_of", "refuse_second", "take", "who"]

# Where that container has the journal.
PLACE = "/journal"
_HOLDER, _PROCESS, _MACHINE = "devkit.holder", "devkit.process", "devkit.machine"


@dataclass(frozen=True)
class Holder:
    """Who has the lock."""

    container: str
    who: str
    process: str
    machine: str

    @property
    def is_here_and_dead(self) -> bool:
        """Whether it was a process of this machine that has ended."""
        found = ProcessIdentity.parse(self.process)
        return self.machine == socket.gethostname() and found is not None and not found.runs


def holder(docker: Docker, project: str) -> Holder | None:
    """Who rolls this project now, or was killed at it."""
    answer = docker.ask("container", "inspect", name_of(project))
    if answer.code:
        return None
    data = json.loads(answer.out)[0]
    labels = data["Config"]["Labels"] or {}
    return Holder(data["Id"], labels.get(_HOLDER, ""), labels.get(_PROCESS, ""), labels.get(_MACHINE, ""))


def refuse_second(docker: Docker, project: str) -> None:
    """Raises DevkitError (exit 5) while somebody rolls the project."""
    found = holder(docker, project)
    if found is not None:
        raise DevkitError(
            f"{project} is being rolled by {found.who}, or that was killed",
            fix="./devkit compose roll --history shows how far it is; --resume goes on with it, --abort takes it back",
            exit_code=ExitCode.REFUSED,
        )


def take(docker: Docker, project: str, image: str) -> str:
    """Takes the lock. Returns the id of its container; `image` is any that is on the host. Raises DevkitError (exit 5) where somebody
    has it.
    """
    name = name_of(project)
    labels = {_HOLDER: who(), _PROCESS: str(this_process()), _MACHINE: socket.gethostname()}
    options = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    words = ("--name", name, "--network", "none", "--volume", f"{name}:{PLACE}", *options)
    answer = docker.ask("create", *words, image, "-")
    if answer.code == 0:
        return answer.out.strip()
    refuse_second(docker, project)
    raise DevkitError(f"the journal cannot be opened: {answer.last_line}")


def name_of(project: str) -> str:
    """Of the volume, and of the container that is the lock."""
    return f"{project}-devkit-roll"


def who() -> str:
    """This operator."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
