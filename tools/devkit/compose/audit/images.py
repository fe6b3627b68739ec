"""Where images come from, and which build of them runs (phase 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Service, Stack
from devkit.findings.model import Severity

__all__ = ["RULES"]


def _variables_of_tag(service: Service) -> tuple[str, ...]:
    """The variables that the tag of its image is made of."""
    image = service.get("image")
    if image is None or image.origin.text is None:
        return ()
    tag = image.origin.text.rpartition("/")[2]
    return tuple(variable.name for variable in image.origin.variables if f"{{{variable.name}" in tag)


@rule("image-missing", "every application names an image, so that a build can be pulled")
def image_missing(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if not service.image:
            message = f"{service.name} is built here and named nowhere: no registry can give another host the same build"
            fix = f"add `image: ${{REGISTRY_URL}}/{service.name}:${{{_variable(service)}:-latest}}`"
            yield Violation(service.place(), message, fix)


@rule("image-registry", "images of applications come from a registry")
def image_registry(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        image = service.get("image")
        if image is None or image.origin.text is None:
            continue
        registry, slash, _ = image.origin.text.partition("/")
        if not slash or not (set(registry) & set(".:$") or registry == "localhost"):
            message = f"{service.name} runs `{image.origin.text}`, which names no registry"
            fix = f"write `${{REGISTRY_URL}}/{service.base_name or service.name}:…`"
            yield Violation(image.place, message, fix)


@rule(
    "image-tag-variable",
    "the tag of an application comes from a variable, so that any build can be deployed",
)
def image_tag_variable(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        image = service.get("image")
        if image is not None and "@" not in service.image and not _variables_of_tag(service):
            message = f"the tag of {service.name} is written in the file: another build, or the way back, is an edit of it"
            fix = f"write the tag as `${{{_variable(service)}:-{service.tag or 'latest'}}}`"
            yield Violation(image.place, message, fix)


@rule(
    "image-own-tag",
    "each application has a tag of its own, so that one can be updated alone",
    severity=Severity.WARNING,
)
def image_own_tag(stack: Stack) -> Iterator[Violation]:
    sharing: dict[tuple[str, ...], list[Service]] = defaultdict(list)
    for service in stack.applications():
        if names := _variables_of_tag(service):
            sharing[names].append(service)
    for names, services in sharing.items():
        images = {service.image.partition("@")[0].rpartition(":")[0] for service in services}
        for service in services if len(images) > 1 else ():
            others = ", ".join(each.name for each in services if each is not service)
            message = f"{service.name} has its tag from {names[0]}, as {others} has"
            yield Violation(service.place("image"), message, f"give it `${{{_variable(service)}:-latest}}`")


@rule("image-pinned", "other people's images have a version", severity=Severity.WARNING)
def image_pinned(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.is_application or not service.image or "@" in service.image:
            continue
        if service.tag in ("", "latest", "edge", "nightly", "main", "master"):
            tag = f"`{service.tag}`" if service.tag else "no tag"
            message = (
                f"{service.name} runs {service.base_name} with {tag}: the next pull may be another version"
            )
            yield Violation(service.place("image"), message, "name a version")


@rule("pull-policy", "applications are pulled whenever they are started, as in Kubernetes")
def pull_policy(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        found = service.text("pull_policy")
        if found != "always" and "@" not in service.image:
            message = (
                f"{service.name} has `pull_policy: {found}`"
                if found
                else f"{service.name} has no `pull_policy`"
            )
            edits = () if found else service.before(["pull_policy: always"], "image")
            said = f"{message}: a tag that has moved is not seen"
            yield Violation(service.place("pull_policy"), said, "write `pull_policy: always`", tuple(edits))


@rule("image-not-built", "what is deployed has been built before", severity=Severity.WARNING)
def image_not_built(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.get("build") is not None and service.image:
            message = (
                f"{service.name} has `build` beside `image`: `up --build` would build what was just pulled"
            )
            yield Violation(service.place("build"), message, "move `build` to a file for development")


def _variable(service: Service) -> str:
    return f"{service.name.upper().replace('-', '_')}_IMAGE_TAG"


RULES = (
    image_missing,
    image_registry,
    image_tag_variable,
    image_own_tag,
    image_pinned,
    pull_policy,
    image_not_built,
)
