"""A type's own Dockerfile for a repository in which devkit does not lie: with the files that it copies inside."""

from __future__ import annotations

import base64
import re
from pathlib import Path

__all__ = ["self_contained"]

_STAGE = "devkit-files"
_FROM = re.compile(r"^FROM (\S+)", re.MULTILINE)


def self_contained(path: Path) -> str:
    """The Dockerfile at `path`. Where it copies a file that lies beside it, another stage makes that file; it copies from there.

    That stage has the first image as its base, so it needs `base64` in it, and no newer builder.
    """
    text = path.read_text("utf-8")
    made: list[str] = []

    def from_stage(match: re.Match[str]) -> str:
        file = path.parent / match["name"]
        if not file.is_file():
            return match[0]
        content = base64.b64encode(file.read_bytes()).decode()
        mode = "755" if file.stat().st_mode & 0o100 else "644"
        target = f"/devkit/{file.name}"
        made.append(f"RUN echo {content} | base64 -d > {target} && chmod {mode} {target}\n")
        return f"COPY --from={_STAGE} {target} "

    beside = re.compile(r"^COPY \S*/(?P<name>[\w.-]+) ", re.MULTILINE)
    changed = beside.sub(from_stage, text)
    first = _FROM.search(changed)
    if not made or first is None:
        return changed
    stage = f"FROM {first[1]} AS {_STAGE}\nRUN mkdir /devkit\n{''.join(made)}\n\n"
    return changed[: first.start()] + stage + changed[first.start() :]
