"""A request whose signature is looked into, the steps that undo a mistake, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from signatures import Generic, Scheme
from signatures.headers import combined, seconds

from devkit.webhooks.spelling import COMPACT, Spelling

__all__ = ["Cause", "ReceivedRequest", "Step", "Variant", "explained", "suspicion"]


@dataclass(frozen=True)
class Cause:
    """Why a signature is invalid. `name` is stable; `fix` is in the imperative. No secret's value is in either.

    It was proven by computing the signature again, unless it is a `suspicion`.
    """

    name: str
    message: str
    fix: str
    suspicion: bool = False


def suspicion(name: str, message: str, fix: str) -> Cause:
    """One that was seen and not proven."""
    return Cause(name, message, fix, suspicion=True)


@dataclass(frozen=True)
class Step:
    """One mistake that was undone: its stable name, what is said of it, and its fix."""

    name: str
    says: str
    fix: str


@dataclass(frozen=True)
class Variant:
    """Other bytes for a part of the request, and the steps that lead to them. None at all: as the request has it."""

    value: bytes
    steps: tuple[Step, ...] = ()


def explained(steps: tuple[Step, ...]) -> Cause:
    """The cause that all steps together are. The first gives it its name."""
    fixes = dict.fromkeys(step.fix for step in steps)
    return Cause(steps[0].name, "; and ".join(step.says for step in steps), "; ".join(fixes))


@dataclass(frozen=True)
class ReceivedRequest:
    """What came in, and the secret that should have signed it. `others` are further secrets of this clone by name, `now` is seconds
    since 1970. `provider`, `spelling` and `form_field` are those of who sends it."""

    scheme: Scheme
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secret: str
    secret_name: str
    now: float
    others: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""
    spelling: Spelling = COMPACT
    form_field: str = ""

    @property
    def by_name(self) -> dict[str, str]:
        """Header names in small letters → value; a doubled one's values are joined."""
        return combined(self.headers)

    @property
    def signature(self) -> str:
        """The signature as it came; empty when there is none."""
        found = self.by_name
        return next(
            (found[n.lower()] for n in self.scheme.signature_headers if n.lower() in found), ""
        ).strip()

    def fits(
        self,
        *,
        secret: str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        signature: str | None = None,
    ) -> bool:
        """Whether the signature would be valid with another part in place of one of the request's own, at the time that was signed."""
        scheme = self.scheme
        headers = dict(self.by_name if headers is None else headers)
        if signature is not None:
            for name in scheme.signature_headers:
                headers.pop(name.lower(), None)
            headers[scheme.signature_headers[0].lower()] = signature
        return scheme.verify(
            self.secret if secret is None else secret,
            self.body if body is None else body,
            headers,
            now=_signed_at(scheme, headers) or self.now,
        )

    @property
    def signed_at(self) -> int | None:
        """The time that was signed, in seconds since 1970."""
        return _signed_at(self.scheme, self.by_name)


def _signed_at(scheme: Scheme, headers: Mapping[str, str]) -> int | None:
    claim = scheme.claim(headers) if isinstance(scheme, Generic) else None
    return seconds(claim.timestamp) if claim else None
