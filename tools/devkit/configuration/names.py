"""What the name of a value says of it, however it is spelled."""

from __future__ import annotations

import re

__all__ = ["is_secret_name", "is_timeout_name", "names_document", "names_host", "names_port", "snake"]

_SECRET = re.compile(
    r"(?:^|_)(?:password|passwd|pass|passphrase|passcode|pwd|secret|secret_key|token|api_?key|access_?key(?:_id)?|private_?key|signing_?key|encryption_?key"
    r"|client_?secret|credentials?|auth_?token|bearer|dsn|webhook_secret)(?:_previous)?$"
)
_HOST = re.compile(
    r"(?:^|_)(?:hosts?|host_?name|domain|broker|brokers|bootstrap_servers|server_name|server|endpoint|ip|ip_address|addr|address)$"
)
_PORT = re.compile(r"(?:^|_)port$")
_TIMEOUT = re.compile(r"(?:^|_)timeouts?(?:_(?:s|secs?|seconds?|ms|millis|milliseconds?|minutes?))?$")
_DOCUMENTS = re.compile(
    r"^(?:\$?schema|\$?id|\$ref|xmlns\w*|namespace\w*|docs?(?:_url)?|documentation(?:_url)?|help(?:_url|_text)?|homepage|license(?:_info|_url)?|contact"
    r"|terms_of_service|link|href|description|summary|title|about|see|example|examples|placeholder|type)$"
)


def snake(name: str) -> str:
    """`apiKey`, `API_KEY` and `api-key` → `api_key`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return (
        re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_") if not apart.startswith("$") else apart.lower()
    )


def is_secret_name(name: str) -> bool:
    """Whether what has this name is a secret."""
    return bool(_SECRET.search(snake(name)))


def is_timeout_name(name: str) -> bool:
    """Whether what has this name is a time limit."""
    return bool(_TIMEOUT.search(snake(name)))


def names_host(name: str) -> bool:
    """Whether a name in snake case is that of a host."""
    return bool(_HOST.search(name))


def names_port(name: str) -> bool:
    """Whether a name in snake case is that of a port."""
    return bool(_PORT.search(name))


def names_document(name: str) -> bool:
    """Whether what has this name in snake case is read by people, or only identifies something."""
    return bool(_DOCUMENTS.search(name))
