"""Calls to a provider's API: separates what can be retried from what was refused."""

from __future__ import annotations

import httpx

from common import async_library  # noqa: F401 - makes calls cheaper
from common.trace import pass_on

__all__ = ["Answer", "Client", "ProviderAway", "ProviderRefused", "call", "client"]

# Request timeout, too early, too many requests: the same call may succeed later.
_ANSWER_SECONDS, _CONNECT_SECONDS = 10, 3
_TRY_AGAIN = frozenset({408, 425, 429})

# What providers call the text of a refusal, the plainest first; and what stands beside it.
_NAMES_OF_A_REASON = ("message", "error", "errors", "detail", "title", "objects")
_NOT_FIELDS = frozenset({"status", "code", "request"})
_LONGEST_REASON = 300

Answer = dict[str, object]
"""A provider's answer: a JSON object."""


class ProviderRefused(Exception):
    """The provider refused; the same call will not succeed later. The text can be shown to users."""


class ProviderAway(Exception):
    """`provider` does not answer, or says that it cannot now; the same call may succeed later. The text holds nothing that was
    sent."""

    def __init__(self, provider: str, happened: str) -> None:
        super().__init__(f"{provider} {happened}")
        self.provider = provider


class Client(httpx.AsyncClient):
    """An HTTP client for one provider, `provider` being what people call it."""

    provider: str = ""


def client(
    provider: str,
    base_url: str,
    headers: dict[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    *,
    patience: int = 0,
) -> Client:
    """An HTTP client for `provider`, which may take `patience` seconds more to answer; its block closes it."""
    timeout = httpx.Timeout(_ANSWER_SECONDS + patience, connect=_CONNECT_SECONDS)
    hooks = {"request": [pass_on]}
    http = Client(base_url=base_url, headers=headers, auth=auth, timeout=timeout, event_hooks=hooks)
    http.provider = provider
    return http


async def call(
    http: Client,
    method: str,
    path: str,
    *,
    params: dict[str, str] | None = None,
    json: object = None,
    data: dict[str, str] | None = None,
    file: tuple[str, bytes, str] | None = None,
) -> Answer:
    """One call. Raises `ProviderRefused` when a retry is pointless, `ProviderAway` when it is not.

    `file` is name, content and media type; it travels as the multipart field `file` beside `data`.
    """
    files = {"file": file} if file else None
    try:
        answer = await http.request(method, path, params=params, json=json, data=data, files=files)
    except httpx.HTTPError as problem:
        raise ProviderAway(http.provider, f"does not answer ({type(problem).__name__})") from problem
    if answer.status_code in _TRY_AGAIN or answer.status_code >= 500:
        raise ProviderAway(http.provider, f"answers {answer.status_code}")
    try:
        content = answer.json()
    except ValueError:
        content = {}
    if not isinstance(content, dict):
        content = {"objects": content}
    if answer.status_code >= 400:
        raise ProviderRefused(f"{answer.status_code} {_reason(content) or answer.reason_phrase}")
    if content.get("status") is False:
        raise ProviderRefused(_reason(content) or "refused without a reason")
    return content


def _reason(content: object) -> str:
    """The text that an answer has, however deep, fit to be shown: `{"error": {"message": …}}`, `{"errors": {"name": [ … ]}}`."""
    return _text(content)[:_LONGEST_REASON]


def _text(value: object, depth: int = 5) -> str:
    if isinstance(value, str):
        return value.strip()
    if depth and isinstance(value, dict):
        named = (_text(value.get(key), depth - 1) for key in _NAMES_OF_A_REASON)
        if text := next(filter(None, named), ""):
            return text
        # No name that says so: then each name is that of a field, with what is wrong with it.
        fields = ((key, _text(inner, depth - 1)) for key, inner in value.items() if key not in _NOT_FIELDS)
        return ", ".join(f"{key}: {text}" for key, text in fields if text)
    if depth and isinstance(value, list):
        return ", ".join(filter(None, (_text(each, depth - 1) for each in value)))
    return ""
