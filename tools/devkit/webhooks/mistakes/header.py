"""Mistakes about the headers: missing, twice, or for another time."""

from __future__ import annotations

from signatures import Generic

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = ["doubled", "no_signature", "no_time", "out_of_time"]


def doubled(request: ReceivedRequest) -> Cause | None:
    """The signature's header came more than once, or its value twice in one."""
    names = {name.lower() for name in request.scheme.signature_headers}
    values = [value for name, value in request.headers if name.lower() in names]
    halves = [
        half for value in values for half in (value[: len(value) // 2].rstrip(", "),) if value in _twice(half)
    ]
    if len(values) < 2 and halves and request.fits(signature=halves[0]):
        return Cause(
            "doubled-header",
            "the signature is in its header twice",
            "check which proxy joins it: a doubled signature is not valid",
        )
    if len(values) < 2 or not any(request.fits(signature=value) for value in values):
        return None
    message = f"the header of the signature came {len(values)} times, not always with the right signature"
    message = message if len(set(values)) > 1 else f"the header of the signature came {len(values)} times"
    return Cause("doubled-header", message, "check which proxy adds it: a doubled signature is not valid")


def _twice(value: str) -> tuple[str, ...]:
    return tuple(f"{value}{between}{value}" for between in (", ", ",", " ", ""))


def no_signature(request: ReceivedRequest) -> Cause | None:
    """There is none."""
    if request.signature:
        return None
    wanted = " or ".join(request.scheme.signature_headers)
    return Cause(
        "no-signature",
        f"there is no {wanted} with a signature in it",
        "check whether a proxy drops the header, and whether the provider has a secret at all",
    )


def no_time(request: ReceivedRequest) -> Cause | None:
    """What is signed with the body is not there."""
    scheme = request.scheme
    if not isinstance(scheme, Generic) or scheme.claim(request.by_name) is not None:
        return None
    others = [name for name in (scheme.id_header, scheme.timestamp_header) if name] or [scheme.header]
    wrong = [name for name in others if not request.by_name.get(name.lower(), "").strip()]
    message = (
        f"there is no {' and no '.join(wrong)}"
        if wrong
        else f"{others[-1]} holds no time in seconds since 1970"
    )
    return Cause("no-time-or-id", message, "they are signed with the body: pass every header on unchanged")


def out_of_time(request: ReceivedRequest) -> Cause | None:
    """It is right, but for another time."""
    then, scheme = request.signed_at, request.scheme
    if then is None or not isinstance(scheme, Generic) or not request.fits():
        return None
    for unit, divisor in (
        ("milliseconds", 1000),
        ("microseconds", 1_000_000),
        ("nanoseconds", 1_000_000_000),
    ):
        if abs(then / divisor - request.now) <= max(scheme.tolerance, 86_400):
            message = f"the time that was signed is in {unit}, not in seconds"
            return Cause("time-in-other-unit", message, "sign the time in seconds since 1970")
    away = request.now - then
    if abs(away) <= scheme.tolerance:
        return None
    side = "ago" if away > 0 else "in the future"
    message = f"it is right, but was signed {_span(abs(away))} {side}; {_span(scheme.tolerance)} are allowed"
    hours = round(away / 3600)
    if hours and abs(hours) <= 14 and abs(away - hours * 3600) <= scheme.tolerance:
        message += f" (just about {abs(hours)} h: is a local time used as UTC?)"
    if away < 0:
        return Cause(
            "out-of-time",
            message,
            "set the clock of this machine, or of the one that signed: one of them is wrong",
        )
    return Cause(
        "out-of-time",
        message,
        "send it again (./devkit webhook replay signs it now); if it is new, look at the clocks of both machines",
    )


def _span(seconds: float) -> str:
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.0f} s"
