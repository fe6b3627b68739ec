"""What somebody meant who named a provider or a topic that there is none of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.provider import RESERVED, Provider

__all__ = ["no_provider", "no_topic"]

_MOST = 6  # topics in a line


def no_provider(name: str, known: Sequence[Provider]) -> DevkitError:
    """The error for a provider that nobody knows: a typo, a command's, or a topic without its provider."""
    message = f"no webhook provider {name!r}"
    names = [each.name for each in known]
    senders = {topic: each.name for each in reversed(known) for topic in each.topics}
    if topic := _topic(name, senders):
        sender = senders[topic]
        return _usage(f"{message}; {topic} is a topic of {sender}", f"./devkit webhook {sender} {topic}")
    listed = ", ".join(sorted(names))
    near = _near(name, [*names, *RESERVED])
    if near in RESERVED:
        return _usage(f"{message}; did you mean the command ./devkit webhook {near}?", f"providers: {listed}")
    if near:
        return _usage(f"{message}; did you mean {near!r}?", f"providers: {listed}")
    return _usage(message, f"providers: {listed}; webhook_providers in dev/services.yaml adds one")


def no_topic(
    topic: str, examples: Sequence[str], sent: Sequence[str], misnamed: Mapping[str, str]
) -> DevkitError:
    """The error for a topic that the provider is not known to send. `misnamed` are such that documents speak of → what
    there is instead."""
    message = f"no topic {topic!r}"
    known = list(dict.fromkeys([*examples, *sent]))
    if topic.lower() in misnamed:
        return _usage(f"{message}; there is {misnamed[topic.lower()]}")
    found = _same(topic, known) or _within(topic, known)
    if len(found) > 1:
        more = " …" if len(found) > _MOST else ""
        return _usage(f"{message}; there is {', '.join(found[:_MOST])}{more}")
    near = found[0] if found else _near(topic, known)
    meant = f"; did you mean {near!r}?" if near else ""
    return _usage(
        message + meant, f"examples: {', '.join(examples) or 'none'}; --payload FILE sends any other"
    )


def _near(name: str, known: Iterable[str]) -> str:
    """The likeliest of them; whether letters are small makes no difference."""
    small = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), small, 1)
    return small[found[0]] if found else ""


def _topic(word: str, topics: Iterable[str]) -> str:
    """The topic that a word is, or looks like."""
    same = _same(word, topics)
    return same[0] if same else _near(word, topics) if "/" in word or "." in word else ""


def _same(topic: str, known: Iterable[str]) -> list[str]:
    return [each for each in known if each.lower() == topic.lower()]


def _within(topic: str, known: Iterable[str]) -> list[str]:
    """Those that end in it, or begin with it: `delivered`, `orders`."""
    word = topic.lower()
    return [
        each
        for each in known
        if any(each.lower().endswith(sign + word) or each.lower().startswith(word + sign) for sign in "/.")
    ]


def _usage(message: str, fix: str | None = None) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
