"""Mistakes about the signature itself: its header, its time, its length."""

from __future__ import annotations

from signatures import Generic

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest

__all__ = [
    "doubled",
    "missing",
    "other_header",
    "out_of_time",
    "truncated",
]


def doubled(request: ReceivedRequest) -> Cause | None:
    """The signature's header came more than once."""
    names = {name.lower() for name in request.scheme.signature_headers}
    values = [value for name, value in request.headers if name.lower() in names]
    if len(values) < 2 or not any(request.fits(signature=value) for value in values):
        return None
    message = f"the header of the signature came {len(values)} times, not always with the right signature"
    message = message if len(set(values)) > 1 else f"the header of the signature came {len(values)} times"
    return Cause("doubled-header", message, "check which proxy adds it: a doubled signature is not valid")


def other_header(request: ReceivedRequest) -> Cause | None:
    """The right signature, or the right id and time with it, under other names."""
    wanted = request.scheme.signature_headers[0]
    known = {name.lower() for name in request.scheme.signature_headers}
    given = request.by_name
    # A proxy's or library's own names for the same things: svix-id for webhook-id, x-… for …
    renamed = dict(given)
    for ours in _names(request):
        end = ours.lower().rpartition("-")[2]
        for name, value in given.items():
            if ours.lower() not in given and name.rpartition("-")[2] == end and name not in known:
                renamed[ours.lower()] = value
    for name, value in given.items():
        if name not in known and (
            request.fits(signature=value, headers=given) or request.fits(signature=value, headers=renamed)
        ):
            return Cause(
                "other-header",
                f"the signature is in {name}; it belongs in {wanted}",
                f"make the sender or the proxy name the header {wanted}",
            )
    return None


def _names(request: ReceivedRequest) -> list[str]:
    scheme = request.scheme
    if not isinstance(scheme, Generic):
        return [scheme.signature_headers[0]]
    return [name for name in (scheme.id_header, scheme.timestamp_header, scheme.header) if name]


def missing(request: ReceivedRequest) -> Cause | None:
    """No signature, or what is signed with the body is not there."""
    if not request.signature:
        wanted = " or ".join(request.scheme.signature_headers)
        return Cause(
            "no-signature",
            f"there is no {wanted} with a signature in it",
            "check whether a proxy drops the header, and whether the provider has a secret at all",
        )
    scheme = request.scheme
    if isinstance(scheme, Generic) and scheme.claim(request.by_name) is None:
        others = [name for name in (scheme.id_header, scheme.timestamp_header) if name] or [scheme.header]
        wrong = [name for name in others if not request.by_name.get(name.lower(), "").strip()]
        message = (
            f"there is no {' and no '.join(wrong)}"
            if wrong
            else f"{others[-1]} holds no time in seconds since 1970"
        )
        return Cause(
            "no-time-or-id", message, "they are signed with the body: pass every header on unchanged"
        )
    return None


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


def truncated(request: ReceivedRequest) -> Cause | None:
    """A part of the right signature, or more than it."""
    scheme = request.scheme
    if isinstance(scheme, Generic):
        claim, key = scheme.claim(request.by_name), scheme.key(request.secret)
        if claim is None or not key:
            return None
        right, given = scheme.signature(key, request.body, claim), scheme.offered(request.by_name)
    else:
        right, given = request.secret, [request.signature]
    digest = right.removeprefix(scheme.prefix) if isinstance(scheme, Generic) else right
    for value in given:
        value = value.strip()
        text = value.removeprefix(scheme.prefix) if isinstance(scheme, Generic) else value
        if 8 <= len(text) < len(digest) and (digest.startswith(text) or digest.endswith(text)):
            message = f"the signature is truncated: {len(text)} of its {len(digest)} characters are there"
            return Cause(
                "wrong-length-signature",
                message,
                "check what truncates the header, and whether it was copied completely",
            )
        if len(text) > len(digest) and digest in text and len(text) <= len(digest) + 8:
            return Cause(
                "wrong-length-signature",
                f"the signature is correct, but {len(text) - len(digest)} characters too long",
                "check what adds to the header",
            )
    return None
