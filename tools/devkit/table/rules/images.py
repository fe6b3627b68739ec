"""Images: named so that tomorrow's pull is today's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RULES"]

_IMAGE = re.compile(
    r"(?P<name>[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*?)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def pinned_image(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        if service.image is None:
            continue
        place = context.source_map.value("services", service.name, "image")
        match = _IMAGE.fullmatch(service.image)
        if match is None:
            yield error(
                "bad-image", f"`{service.image}` is not an image name", place, "write it as `redis:7-alpine`"
            )
            continue
        after_host = service.image.rsplit("/", 1)[-1]
        tag = match["tag"] if ":" in after_host else None
        if match["digest"]:
            continue
        if tag is None:
            message = f"`{service.image}` has no tag, so its content may change with any pull"
            yield error("unpinned-image", message, place, "add a tag that stays")
        elif tag == "latest":
            message = "the tag `latest` may mean another image with any pull"
            yield error("unpinned-image", message, place, "name a version")


RULES: tuple[Rule, ...] = (pinned_image,)
