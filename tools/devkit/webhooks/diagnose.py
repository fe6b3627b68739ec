"""Why a signature is invalid: small mistakes are undone, one and two at a time, until it is valid."""

from __future__ import annotations

from collections.abc import Callable

from signatures import Generic

from devkit.webhooks.mistakes import header, secret
from devkit.webhooks.mistakes.checklist import checklist
from devkit.webhooks.mistakes.model import Cause, ReceivedRequest
from devkit.webhooks.mistakes.search import prove
from devkit.webhooks.mistakes.visible import suspicions

__all__ = ["Cause", "ReceivedRequest", "diagnose", "is_valid", "remark"]

Diagnosis = Callable[[ReceivedRequest], Cause | None]

# What a look at the headers tells, then what computing the signature again proves, then what is missing.
_CERTAIN: tuple[Diagnosis, ...] = (
    secret.missing,
    header.doubled,
    header.out_of_time,
    prove,
)
_MISSING: tuple[Diagnosis, ...] = (header.no_signature, header.no_time)


def is_valid(request: ReceivedRequest) -> bool:
    """Whether the signature is valid, as a receiver sees it."""
    return request.scheme.verify(request.secret, request.body, request.by_name, now=request.now)


def diagnose(request: ReceivedRequest) -> Cause:
    """Why a signature is invalid: a cause that is proven, a suspicion, or what to check when there is neither."""
    for each in _CERTAIN:
        if (cause := each(request)) is not None:
            return cause
    seen = suspicions(request)
    for each in _MISSING:
        if (cause := each(request)) is not None:
            return _first(cause, [each for each in seen if each.name in ("other-provider", "header-cut")])
    return _suspected(seen) if seen else _unsure(request)


def _first(cause: Cause, better: list[Cause]) -> Cause:
    """A missing header, or what it is a sign of."""
    return _worded(better[0], []) if better else cause


def _suspected(seen: list[Cause]) -> Cause:
    first, *others = seen
    return _worded(first, [each for each in others if each.name != first.name])


def _worded(first: Cause, others: list[Cause]) -> Cause:
    also = "".join(f"; also: {each.message}" for each in others[:2])
    return Cause(first.name, f"suspicion, not proven: {first.message}{also}", first.fix, suspicion=True)


def _unsure(request: ReceivedRequest) -> Cause:
    """Nothing explains it."""
    message = (
        f"unsure: neither the body nor {request.secret_name} as they are, with any common mistake undone, explain this "
        "signature: the body was changed on its way, or another secret signed it"
    )
    return Cause("body-or-secret", message, "; ".join(checklist(request)), suspicion=True)


def remark(request: ReceivedRequest) -> str:
    """What a receiver that reads less than all of a valid request would trip over; empty when nothing."""
    scheme = request.scheme
    offered = scheme.offered(request.by_name) if isinstance(scheme, Generic) else []
    if len(offered) < 2 or request.fits(signature=_only(request, offered, 0)):
        return ""
    return f"one of {len(offered)} signatures in the header, not the first: a receiver has to try each"


def _only(request: ReceivedRequest, offered: list[str], place: int) -> str:
    """The header with one of its signatures alone."""
    text = request.signature
    for number, each in enumerate(offered):
        if number != place:
            text = text.replace(each, "")
    return text
