"""What a tag means in its registry, asked by the docker CLI with the log-ins that it knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devkit.base.errors import DevkitError
from devkit.compose.docker import Docker
from devkit.compose.inside import words_of

__all__ = ["NotAsked", "NotThere", "Published", "is_moving", "published"]

_SECONDS = 40.0
_LOOPBACK = re.compile(r"(localhost|127\.[\d.]+|\[::1\])(:\d+)?")
_NOT_THERE = ("no such manifest", "manifest unknown", "not found", "name unknown")
# Tags that name no build: git-abc1234, 1.4.2 and 2026-11-28 do.
_FIXED = re.compile(r"\d|[0-9a-f]{7,}")


class NotThere(Exception):
    """The registry answers that it has no such image."""


class NotAsked(Exception):
    """Why the registry did not say."""


@dataclass(frozen=True)
class Published:
    """An image in a registry. `digest` names it; `names` are all digests that an image of this machine may be known by when it
    is the same: of the manifests and of the configurations. `several`: for several platforms."""

    digest: str
    names: frozenset[str]
    several: bool

    def is_image(self, image_id: str, repo_digests: list[str]) -> bool | None:
        """Whether an image on a Docker host is this one; None where that cannot be told."""
        own = {image_id, *(each.partition("@")[2] for each in repo_digests)}
        if own & self.names:
            return True
        # A store that names images by their index, whose digest the manifests in it do not tell.
        return (
            None
            if self.several and any(image_id == each.partition("@")[2] for each in repo_digests)
            else False
        )


def published(docker: Docker, reference: str) -> Published:
    """What `NAME:TAG` is in its registry. Raises NotThere, NotAsked, and DevkitError where docker does not run."""
    host = reference.partition("/")[0]
    insecure = ("--insecure",) if _LOOPBACK.fullmatch(host) else ()
    try:
        answer = docker.ask("manifest", "inspect", "--verbose", *insecure, reference, seconds=_SECONDS)
    except DevkitError as problem:
        raise NotAsked(problem.message) from None
    if answer.code:
        said = words_of(answer)
        if any(each in said.lower() for each in _NOT_THERE):
            raise NotThere(said)
        raise NotAsked(said)
    try:
        return _read(json.loads(answer.out))
    except (ValueError, KeyError, TypeError):
        raise NotAsked("docker manifest inspect printed what is no manifest") from None


def _read(found: Any) -> Published:
    several = isinstance(found, list)
    manifests: list[dict[str, Any]] = found if several else [found]
    names = {str(name) for each in manifests for name in _names(each)}
    return Published(str(manifests[0]["Descriptor"]["digest"]), frozenset(names), several)


def _names(manifest: dict[str, Any]) -> Iterator[str]:
    yield manifest["Descriptor"]["digest"]
    for kind in ("SchemaV2Manifest", "OCIManifest"):
        if config := (manifest.get(kind) or {}).get("config"):
            yield config["digest"]


def is_moving(tag: str) -> bool:
    """Whether a tag names whatever was built last: it has no number and no commit in it."""
    return _FIXED.search(tag) is None
