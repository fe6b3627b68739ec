"""Why a signature is invalid: small mistakes are undone one at a time, until it is valid."""

from __future__ import annotations

from collections.abc import Callable

from devkit.webhooks.mistakes import body as bodies
from devkit.webhooks.mistakes import secret as secrets
from devkit.webhooks.mistakes import signature
from devkit.webhooks.mistakes import writing as writings
from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = ["Cause", "ReceivedRequest", "diagnose", "is_valid"]

Diagnosis = Callable[[ReceivedRequest], Cause | None]

# The likelier and the surer first.
DIAGNOSES: tuple[Diagnosis, ...] = (
    secrets.missing,
    signature.doubled,
    signature.other_header,
    signature.missing,
    signature.out_of_time,
    secrets.another,
    secrets.written_otherwise,
    secrets.decoded_or_not,
    writings.written_otherwise,
    signature.truncated,
    bodies.line_ends,
    bodies.charset,
    bodies.written_anew,
    writings.other_algorithm,
    writings.other_content,
    bodies.altered,
)


def is_valid(request: ReceivedRequest) -> bool:
    """Whether the signature is valid, as a receiver sees it."""
    return request.scheme.verify(request.secret, request.body, request.by_name, now=request.now)


def diagnose(request: ReceivedRequest) -> Cause:
    """The first cause that explains why a signature is invalid."""
    return next(cause for each in DIAGNOSES if (cause := each(request)) is not None)
