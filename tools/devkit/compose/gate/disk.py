"""Docker's disk has room for new images beside the old ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from devkit.base.proc import Answer
from devkit.checks import Problem, Problems, check, warning
from devkit.compose.containers import Container
from devkit.compose.gate.subject import Gate
from devkit.compose.inside import inside, words_of

__all__ = ["Space", "disk", "human", "read_df"]

_TRIES = 5
_INODES = 20_000


@dataclass(frozen=True)
class Space:
    """What is free of a file system and how large it is: in units of `df`."""

    free: int
    total: int


@check(
    "gate.disk",
    "Docker's disk has room for new images beside the old ones",
    after=("gate.docker",),
    deadline=90,
)
def disk(gate: Gate) -> str:
    # A container's root is a layer on the file system that holds Docker's images.
    source, bytes_ = _asked(gate, "-Pk")
    if bytes_ is None:
        raise warning(
            f"how much is free on Docker's disk is not known: {source}",
            "on the Docker host: df -h /var/lib/docker",
        )
    free, largest = bytes_.free * 1024, _largest_image(gate)
    wanted = max(gate.free, 2 * largest)
    found = []
    if free < wanted:
        why = (
            f"twice the largest image ({human(largest)})"
            if 2 * largest > gate.free
            else "which --free asks for"
        )
        found.append(
            Problem(
                f"{human(free)} of {human(bytes_.total * 1024)} are free where Docker keeps its images; wanted are {human(wanted)}, {why}",
                _prune(gate),
            )
        )
    _, inodes = _asked(gate, "-Pi")
    if inodes is not None and inodes.total and inodes.free < _INODES:
        found.append(
            Problem(
                f"{inodes.free} inodes are free where Docker keeps its images; an image takes thousands",
                _prune(gate),
            )
        )
    if found:
        raise Problems(found)
    return f"{human(free)} of {human(bytes_.total * 1024)} free"


def read_df(text: str) -> Space | None:
    """The last line of what `df -P` prints: device, total, used, free. None for anything else; file systems without a fixed
    number of inodes say 0 of 0."""
    lines = text.strip().splitlines()
    found = re.search(r"\s(\d+|-)\s+(?:-?\d+|-)\s+(\d+|-)\s+(?:-?\d+%|-)\s+/", lines[-1]) if lines else None
    if found is None:
        return None
    total, free = (0 if each == "-" else int(each) for each in found.groups())
    return Space(free, total)


def human(count: int) -> str:
    """`3.4 GB`, as Docker counts: in powers of a thousand."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _asked(gate: Gate, form: str) -> tuple[str, Space | None]:
    """What `df` says, and who was asked; without an answer, why."""
    said = "no container of the project runs"
    for container, answer in _answers(gate, form):
        space = read_df(answer.out) if answer.code == 0 else None
        if space is not None:
            return container.name, space
        said = f"{container.name}: {words_of(answer)}"
    return said, None


def _answers(gate: Gate, form: str) -> Iterator[tuple[Container, Answer]]:
    """Inside containers of several images, applications first: not every image has `df`."""
    ours = {service.name for service in gate.stack.applications()}
    running = sorted(
        (each for each in gate.first_look if each.runs),
        key=lambda each: (each.service not in ours, each.name),
    )
    one_each = list({each.image_id: each for each in reversed(running)}.values())[::-1][:_TRIES]
    for container in one_each:
        yield container, inside(gate.docker, container.id, "df", form, "/")


def _largest_image(gate: Gate) -> int:
    """Bytes of the largest image that a container of the project has."""
    names = sorted({each.image_id for each in gate.first_look})
    answer = gate.docker.ask("image", "inspect", "--format", "{{.Size}}", *names) if names else None
    return max(map(int, answer.out.split()), default=0) if answer else 0


def _prune(gate: Gate) -> str:
    """What would free some, and how much."""
    command = " ".join(gate.docker.words("image", "prune", "--all"))
    answer = gate.docker.ask("system", "df", "--format", "{{.Type}}\t{{.Reclaimable}}")
    rows = dict(row.partition("\t")[::2] for row in answer.out.splitlines())
    freed = rows.get("Images", "").partition(" ")[0]
    cache = rows.get("Build Cache", "").partition(" ")[0]
    told = (
        f" frees up to {freed}, and takes from the host the images that a way back would need"
        if freed
        else ""
    )
    more = (
        f"; {' '.join(gate.docker.words('builder', 'prune'))} up to {cache}"
        if cache and cache != "0B"
        else ""
    )
    return f"{command}{told}{more}"
