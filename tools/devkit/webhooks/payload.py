"""Payloads: the repository's examples by topic, and what people bring along."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

from devkit.base.errors import DevkitError, ExitCode
from devkit.render.examples import topics
from devkit.webhooks.provider import Payload, Provider
from devkit.webhooks.suggest import no_topic

__all__ = ["load_example", "parse_body", "parse_payload", "read_given", "topics", "variants"]


def load_example(
    folder: Path, topic: str, sent: Sequence[str], misnamed: Mapping[str, str] | None = None
) -> Payload:
    """The repository's example of a topic. `sent` are all topics that the provider is known to send, `misnamed` such that
    it does not send → what there is instead.

    Raises DevkitError (exit 2) when there is none, or it is not a JSON object.
    """
    known = topics(folder)
    stored = topic if topic in known else _made_from(topic, known, sent)
    if stored:
        path = folder / f"{stored}.json"
        return parse_payload(path.read_bytes(), str(path))
    if topic in sent:
        raise DevkitError(
            f"there is no example of {topic} here",
            fix=f"--payload FILE sends one of your own; {_path(folder, topic)} makes it an example",
            exit_code=ExitCode.USAGE,
        )
    raise no_topic(topic, known, sent, misnamed or {})


def _made_from(topic: str, known: Sequence[str], sent: Sequence[str]) -> str:
    """The example that a topic's variant (`parcel_status_changed/delivered`) is made from; nothing when there is none."""
    parent = topic.rpartition("/")[0]
    return parent if topic in sent and parent in known else ""


def variants(folder: Path, sent: Sequence[str]) -> list[str]:
    """The topics that need no example of their own, since one here is made into them."""
    known = topics(folder)
    return sorted(topic for topic in sent if topic not in known and _made_from(topic, known, sent))


def _path(folder: Path, topic: str) -> str:
    """Where an example of a topic lies, from the clone's root."""
    return f"dev/webhooks/{folder.name}/{topic}.json"


def read_given(given: str) -> bytes:
    """The bytes of a file, or of standard input (`-`). Raises DevkitError (exit 2) for an unreadable file."""
    if given == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(given).read_bytes()
    except OSError as problem:
        raise DevkitError(f"{given}: {problem.strerror}", exit_code=ExitCode.USAGE) from None


def parse_body(body: bytes, provider: Provider) -> Payload:
    """What a body that came in says, also of a form. Raises DevkitError (exit 2) for one that is not a JSON object."""
    field = f"{provider.form_field}=".encode()
    if provider.form_field and body.startswith(field):
        body = unquote_to_bytes(body.removeprefix(field).split(b"&")[0].replace(b"+", b" "))
    return parse_payload(body, "the body")


def parse_payload(raw: bytes, name: str) -> Payload:
    """A JSON object. Raises DevkitError (exit 2) that names the place of what is none."""
    try:
        parsed = json.loads(raw)
    except UnicodeDecodeError:
        raise DevkitError(f"{name}: not UTF-8", exit_code=ExitCode.USAGE) from None
    except RecursionError:
        raise DevkitError(f"{name}: nested too deeply", exit_code=ExitCode.USAGE) from None
    except json.JSONDecodeError as problem:
        raise DevkitError(
            f"{name}:{problem.lineno}:{problem.colno}: {problem.msg}", exit_code=ExitCode.USAGE
        ) from None
    if not isinstance(parsed, dict):
        raise DevkitError(f"{name}: a webhook's body is a JSON object", exit_code=ExitCode.USAGE)
    return parsed
