"""All copies of a service run the same image, and the tag to update to is in the registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from devkit.checks import Problem, Problems, Skipped, check, note
from devkit.compose.audit.stack import Service
from devkit.compose.containers import Container
from devkit.compose.gate.registry import (
    NotAsked,
    NotThere,
    Published,
    is_moving,
    published,
)
from devkit.compose.gate.subject import Gate
from devkit.compose.image_names import split_reference, with_tag
from devkit.findings.model import Severity

__all__ = ["images"]

_Answer = Published | NotThere | NotAsked
_DIGITS = 12
_AUTHORIZED = re.compile(r"denied|unauthorized|authentication|authorization", re.IGNORECASE)


@check(
    "gate.images",
    "all copies of a service run the same image, and the tag to update to is in the registry",
    after=("gate.docker",),
    deadline=150,
)
def images(gate: Gate) -> str:
    services = gate.updated
    if not services:
        among = f" among {', '.join(gate.services)}" if gate.services else ""
        raise Skipped(f"no application{among}: nothing here is built by you")
    # One that is built on the host alone is in no registry.
    named = [each for each in services if each.image]
    wanted = {each.name: with_tag(each.image, gate.tag) if gate.tag else each.image for each in named}
    with ThreadPoolExecutor(4) as pool:
        references = sorted(set(wanted.values()))
        answers = dict(zip(references, pool.map(lambda name: _ask(gate, name), references), strict=True))
    running = {
        service.name: [each for each in gate.first_look if each.service == service.name and each.runs]
        for service in services
    }
    known = _inspected(gate, [each for several in running.values() for each in several])
    problems = [
        *_mixed(gate, running),
        *_unknown(gate, wanted, answers),
        *_moved(named, wanted, answers, running, known),
    ]
    if problems:
        raise Problems(problems)
    return ", ".join(f"{name} {_shown(copies, known)}" for name, copies in running.items() if copies)


def _ask(gate: Gate, reference: str) -> _Answer:
    try:
        return published(gate.docker, reference)
    except (NotThere, NotAsked) as problem:
        return problem


def _inspected(gate: Gate, containers: Sequence[Container]) -> dict[str, list[str]]:
    """The digests by which registries know the images of containers, by the images' ids."""
    names = sorted({each.image_id for each in containers})
    # What is there is printed, even where another one was removed from under its container.
    answer = gate.docker.ask("image", "inspect", *names) if names else None
    found: list[dict[str, Any]] = json.loads(answer.out or "[]") if answer else []
    return {each["Id"]: list(each.get("RepoDigests") or []) for each in found}


def _mixed(gate: Gate, running: Mapping[str, Sequence[Container]]) -> Iterator[Problem]:
    for name, copies in running.items():
        counts: dict[str, list[Container]] = {}
        for each in copies:
            counts.setdefault(each.image_id, []).append(each)
        if len(counts) > 1:
            told = ", ".join(f"{len(of)} run {_short(id)} ({_tag_of(of[0])})" for id, of in counts.items())
            yield Problem(
                f"copies of {name} run different images: {told}",
                f"an update did not end: finish it, or go back: {gate.up('--no-deps', name)}",
            )


def _unknown(gate: Gate, wanted: Mapping[str, str], answers: Mapping[str, _Answer]) -> Iterator[Problem]:
    """Tags that the registry does not have, or that it was not asked about."""
    unasked: dict[str, list[str]] = {}
    for service, reference in wanted.items():
        answer = answers[reference]
        if isinstance(answer, NotThere):
            fix = "is it built and pushed? docker manifest inspect asks as the gate does"
            source = "--tag" if gate.tag else "the files"
            yield Problem(
                f"{reference}, which {source} name{'s' * bool(gate.tag)} for {service}, is not in the registry",
                fix,
            )
        elif isinstance(answer, NotAsked):
            unasked.setdefault(str(answer), []).append(reference)
    for reason, references in unasked.items():
        host = references[0].partition("/")[0]
        yield Problem(
            f"whether {_listed(references)} {'are' if len(references) > 1 else 'is'} in the registry is not known: {reason}",
            f"docker login {host}" if _AUTHORIZED.search(reason) else f"does this machine reach {host}?",
            severity=Severity.ERROR if gate.tag else Severity.WARNING,
        )


def _moved(
    services: Sequence[Service], wanted: Mapping[str, str], answers: Mapping[str, _Answer],
    running: Mapping[str, Sequence[Container]], known: Mapping[str, list[str]],
) -> Iterator[Problem]:  # fmt: skip
    """What an update would bring, and which tags may mean something else tomorrow."""
    new = []
    for service in services:
        answer, copies = answers[wanted[service.name]], running[service.name]
        if not isinstance(answer, Published) or not copies:
            continue
        if answer.is_image(copies[0].image_id, known.get(copies[0].image_id, [])) is False:
            new.append(
                f"{service.name} {_tag_of(copies[0])} → {split_reference(wanted[service.name])[1]} ({_short(answer.digest)})"
            )
    if new:
        yield note(f"an update brings other images than those that run: {', '.join(new)}")
    moving = sorted(
        {tag for each in services if (tag := split_reference(wanted[each.name])[1]) and is_moving(tag)}
    )
    if moving:
        names = [each.name for each in services if split_reference(wanted[each.name])[1] in moving]
        yield note(
            f"{' and '.join(moving)} name{'s' * (len(moving) == 1)} whatever was pushed last ({_listed(names)})",
            "a tag that names one build (git-abc1234) can be gone back to",
        )


def _shown(copies: Sequence[Container], known: Mapping[str, list[str]]) -> str:
    digests = known.get(copies[0].image_id) or [f"@{copies[0].image_id}"]
    return f"{_tag_of(copies[0])} ({_short(digests[0].partition('@')[2])})"


def _tag_of(container: Container) -> str:
    return split_reference(container.image)[1] or _short(container.image.partition("@")[2])


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_DIGITS]


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
