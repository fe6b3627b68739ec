"""The parts of an image's name: `registry:5000/team/shop:tag@sha256:…`."""

from __future__ import annotations

__all__ = ["split_reference", "with_tag"]


def split_reference(reference: str) -> tuple[str, str]:
    """A name and its tag: `latest` where none is written; empty for a digest."""
    name, _, digest = reference.partition("@")
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return head, "" if digest else tag
    return name, "" if digest else "latest"


def with_tag(reference: str, tag: str) -> str:
    """The same image with another tag."""
    return f"{split_reference(reference)[0]}:{tag}"
