"""Cases about the signature: whoever has not the secret is refused, whatever is sent instead."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from signatures import Generic

from devkit.webhooks.delivery import other_encoding, signs
from devkit.webhooks.suite.model import ACCEPTED, REFUSED, Case, CaseRequest, Sender

__all__ = ["SIGNATURES"]

_FORGED = "anybody can send webhooks in the provider's name"


def _missing(sender: Sender) -> Collection[CaseRequest]:
    return [sender.request(signature=())]


def _empty(sender: Sender) -> Collection[CaseRequest]:
    return [_each(sender, lambda _: "")]


def _truncated(sender: Sender) -> Collection[CaseRequest]:
    return [_each(sender, lambda value: value[: len(value) // 2]), _each(sender, lambda value: value[:1])]


def _extended(sender: Sender) -> Collection[CaseRequest]:
    return [_each(sender, lambda value: value + value[-1:])]


def _doubled(sender: Sender) -> Collection[CaseRequest]:
    """The right one once before and once after a wrong one: only one of them can be what the receiver looks at."""
    made = []
    for right_first in (True, False):
        moment = sender.moment()
        body = sender.body(moment)
        right = list(sender.signature(body, moment).items())
        wrong = [(name, value[:-4] + "AAA=") for name, value in right]
        both = [*right, *wrong] if right_first else [*wrong, *right]
        made.append(sender.request(body, moment=moment, signature=both))
    return made


def _other_encoding(sender: Sender) -> Collection[CaseRequest]:
    return [_each(sender, other_encoding)]


def _not_text(sender: Sender) -> Collection[CaseRequest]:
    moment = sender.moment()
    body = sender.body(moment)
    signature = [
        (name, b"\xff\xfe" + value.encode()) for name, value in sender.signature(body, moment).items()
    ]
    return [sender.request(body, moment=moment, signature=signature)]


def _tampered(sender: Sender) -> Collection[CaseRequest]:
    moment = sender.moment()
    body = sender.body(moment)
    signature = sender.signature(body, moment)
    end = body.rfind(b"}")
    return [sender.request(body[:end] + b" " + body[end:], moment=moment, signature=signature.items())]


def _of_another(sender: Sender) -> Collection[CaseRequest]:
    moment, other = sender.moment(), sender.moment()
    signature = sender.signature(sender.encode({**sender.payload(other), "devkit_note": "another"}), other)
    return [sender.request(sender.body(moment), moment=moment, signature=signature.items())]


def _other_secret(sender: Sender) -> Collection[CaseRequest]:
    made = []
    for secret in (f"{sender.secret[:-1]}~", sender.secret.swapcase() + "x", "secret"):
        moment = sender.moment()
        body = sender.body(moment)
        made.append(
            sender.request(body, moment=moment, signature=sender.signature(body, moment, secret).items())
        )
    return made


def _no_secret(sender: Sender) -> Collection[CaseRequest]:
    """As if the receiver had none, or a space: what is signed with nothing must not fit."""
    made = []
    for key in (b"", b" "):
        moment = sender.moment()
        body = sender.body(moment)
        signature = sender.signature_with_key(key, body, moment)
        made.append(sender.request(body, moment=moment, signature=signature.items()))
    return made


def _rotated(sender: Sender) -> Collection[CaseRequest]:
    """While a secret is replaced, the header has a signature of each, in any order."""
    scheme = sender.scheme
    assert isinstance(scheme, Generic)
    made = []
    for right_first in (True, False):
        moment = sender.moment()
        body = sender.body(moment)
        headers, others = (
            sender.signature(body, moment, secret) for secret in (sender.secret, sender.other_secret)
        )
        (right,), (other,) = scheme.offered(headers), scheme.offered(others)
        both = [right, other] if right_first else [other, right]
        name = scheme.header
        signature = {**headers, name: headers[name].replace(right, scheme.separator.join(both))}
        made.append(sender.request(body, moment=moment, signature=signature.items()))
    return made


def _has_one_signature(sender: Sender) -> str | None:
    several = isinstance(sender.scheme, Generic) and sender.scheme.separator
    return None if several else f"{sender.provider.name}'s header has one signature"


def _old(sender: Sender) -> Collection[CaseRequest]:
    moment = sender.moment(timedelta(hours=2))
    return [sender.request(moment=moment)]


def _each(sender: Sender, change: Callable[[str], str]) -> CaseRequest:
    moment = sender.moment()
    body = sender.body(moment)
    signature = [
        (name, change(value) if signs(sender.scheme, name) else value)
        for name, value in sender.signature(body, moment).items()
    ]
    return sender.request(body, moment=moment, signature=signature)


def _leaves_body_unsigned(sender: Sender) -> str | None:
    moment = sender.moment()
    same = sender.scheme.sign(sender.secret, b"a") == sender.scheme.sign(sender.secret, b"b")
    return f"{sender.provider.name}'s signature does not cover the body" if same and moment else None


def _signs_nothing(sender: Sender) -> str | None:
    empty = not sender.signature_with_key(b"", b"{}", sender.moment())
    return "a signature without a secret is an empty one, which is a separate case" if empty else None


def _has_no_time(sender: Sender) -> str | None:
    first = sender.scheme.sign(sender.secret, b"{}", message_id="a", timestamp=1)
    second = sender.scheme.sign(sender.secret, b"{}", message_id="a", timestamp=2)
    return f"{sender.provider.name}'s signature carries no time" if first == second else None


SIGNATURES = (
    Case("missing-signature", "without the signature's header", _missing, REFUSED, _FORGED),
    Case("empty-signature", "with an empty signature", _empty, REFUSED, _FORGED),
    Case("truncated-signature", "with the beginning of the right signature", _truncated, REFUSED, "a signature can be guessed bit by bit"),
    Case("extended-signature", "with more than the right signature", _extended, REFUSED, "what is compared is not the whole signature"),
    Case("doubled-signature", "with a right and a wrong signature", _doubled, REFUSED, "a proxy may check one, the receiver use the other"),
    Case("other-encoding", "with the signature in another encoding", _other_encoding, REFUSED, "the receiver guesses what a signature is"),
    Case("not-text", "with bytes in the signature that are not text", _not_text, REFUSED, "a request without the secret can crash the receiver"),
    Case("tampered-body", "with one space more than was signed", _tampered, REFUSED, "bodies can be changed in transit; is the raw body verified?", _leaves_body_unsigned),
    Case("other-body-signature", "with the signature of another body", _of_another, REFUSED, "one signature is valid for any body", _leaves_body_unsigned),
    Case("other-secret", "signed with other secrets", _other_secret, REFUSED, _FORGED),
    Case("no-secret", "signed with a blank secret", _no_secret, REFUSED, "where no secret is set, anybody can send", _signs_nothing),
    Case("rotated-secret", "with the signatures of two secrets in one header", _rotated, ACCEPTED, "webhooks are lost while the secret is replaced", _has_one_signature),
    Case("old-timestamp", "signed two hours ago", _old, REFUSED, "a captured request can be replayed forever", _has_no_time),
)  # fmt: skip
