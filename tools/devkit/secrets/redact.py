"""Takes secrets out of text that leaves this machine, in whatever way they are written there."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, urlsplit

__all__ = ["Redactor"]

_MASK = "•••"
_WORD = 6  # what is shorter is masked as a whole word only: it may be part of any
# What is a secret by its form, wherever it comes from.
_FORMS = (
    (re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://[^\s/:@'\"]*:)[^\s/@'\"]+(?=@)", re.I), r"\g<kept>" + _MASK),
    (
        re.compile(
            r"(?P<kept>\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:secret|token|key))"
            r"[\"']?\s*[:=]\s*[\"']?)[^\"'\r\n]+",
            re.I,
        ),
        r"\g<kept>" + _MASK,
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), _MASK),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
        _MASK,
    ),
)


class Redactor:
    """Masks values, and what looks like a secret. `public` are values that the repository itself names: a word such as
    `dev` that is some password too is not masked wherever it stands.

    >>> Redactor(["hunter2!"])("the password is hunter2!, as a URL hunter2%21")
    'the password is •••, as a URL •••'
    """

    def __init__(self, values: Iterable[str], public: Iterable[str] = ()) -> None:
        written = {form for value in values if value for form in _written(value)} - set(public)
        # The longest first, so that no mask leaves the rest of a longer one behind.
        parts = [
            re.escape(form) if len(form) >= _WORD else rf"(?<!\w){re.escape(form)}(?!\w)"
            for form in sorted(written, key=lambda form: (-len(form), form))
        ]
        self._values = re.compile("|".join(parts)) if parts else None

    def __call__(self, text: str) -> str:
        """The text without any secret."""
        if self._values is not None:
            text = self._values.sub(_MASK, text)
        for form, instead in _FORMS:
            text = form.sub(instead, text)
        return text


def _written(value: str) -> Iterator[str]:
    """The value as text, JSON, URLs, HTML, base64 and hex write it; and the password of a URL by itself."""
    yield value
    if value.strip():
        yield value.strip()
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield html.escape(value)
    raw = value.encode()
    yield raw.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        if len(raw) >= _WORD:
            # Base64 of something longer shows a value in three ways, by where in a group of three bytes it begins.
            for before in range(3):
                whole = encode(bytes(before) + raw + bytes(-(before + len(raw)) % 3)).decode()
                # The signs of which all six bits are the value's.
                yield whole[-(-before * 4 // 3) : (before + len(raw)) * 4 // 3]
    try:
        password = urlsplit(value).password
    except ValueError:
        password = None
    if password and len(password) >= 3:
        yield from _written(password)
