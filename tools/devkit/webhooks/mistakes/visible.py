"""What can be seen without computing anything: hints that a mistake was made, none of them a proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from signatures import Generic, names, scheme

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, suspicion
from devkit.webhooks.mistakes.reading import SIZES, read
from devkit.webhooks.mistakes.visible_body import odd_body, odd_json
from devkit.webhooks.mistakes.visible_secret import odd_secret

__all__ = ["suspicions"]

Hint = Callable[[ReceivedRequest], Iterator[Cause]]


def suspicions(request: ReceivedRequest) -> list[Cause]:
    """All hints, the strongest first."""
    return [cause for hint in _HINTS for cause in hint(request)]


def _signature(request: ReceivedRequest) -> Iterator[Cause]:
    value, used = request.signature, request.scheme
    if not isinstance(used, Generic):
        return
    header = used.signature_headers[0]
    if value.lower().strip("\"'") in (
        "undefined",
        "null",
        "none",
        "[object object]",
        "nan",
        "test",
        "true",
        "false",
    ):
        yield suspicion(
            "signature-undefined",
            f"{header} holds `{value.strip()}`, not a signature",
            "look at how the header is read or passed on",
        )
        return
    found = read(request, used)
    if value.startswith("t=") and not used.offered(request.by_name):
        yield suspicion(
            "header-cut",
            f"{header} has a time and no signature (`v1=`): it was cut at a comma",
            "pass the whole header on; do not split it at commas",
        )
        return
    sizes = {len(digest) for digest in found.digests if len(digest) in SIZES}
    own = next((size for size, algorithms in SIZES.items() if used.algorithm in algorithms), 0)
    if not sizes and value:
        yield suspicion(
            "not-a-signature",
            f"what is in {header} has not the length of a digest: it was cut, or is something else",
            f"compare it with what the provider sent ({used.encoding}, {used.algorithm})",
        )
    elif own and own not in sizes:
        kinds = ", ".join(sorted({name for size in sizes for name in SIZES[size]}))
        yield suspicion(
            "other-algorithm",
            f"what is in {header} has the length of {kinds}, not of {used.algorithm}",
            f"use {used.algorithm}",
        )


def _other_provider(request: ReceivedRequest) -> Iterator[Cause]:
    """Headers of another provider."""
    given, own = request.by_name, {name.lower() for name in request.scheme.signature_headers}
    for name in names():
        for header in scheme(name).signature_headers:
            if header.lower() in given and header.lower() not in own:
                yield suspicion(
                    "other-provider",
                    f"there is a {header}, which is {name}'s: was this webhook sent by another provider?",
                    f"verify it with --provider {name}",
                )
                return


_HINTS: tuple[Hint, ...] = (_other_provider, odd_body, _signature, odd_secret, odd_json)
