"""Whether a text or a number is an address, a credential or a time limit: the same for every language.

In a text HOLE stands for what is only known at run time. `name` is what the value is bound to (a variable, a keyword, a key),
empty where it is bound to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

__all__ = [
    "HOLE",
    "Known",
    "Violation",
    "is_secret_name",
    "is_timeout_name",
    "judge_number",
    "judge_text",
    "snake",
]

HOLE = "\0"
Violation = tuple[str, str, str]

_SCHEMES = r"https?|wss?|grpcs?|ftps?|sftp|smtps?|ldaps?|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|rediss?|amqps?|mongodb(?:\+srv)?|nats|kafka|mqtts?|tcp"
_URL = re.compile(
    rf"\b({_SCHEMES})://([^\s/?#\"'<>`|)\]]*(?:\[[0-9a-f:.]+\][^\s/?#\"'<>`|)]*)?)", re.IGNORECASE
)
_HOST_NAME = re.compile(
    r"(?:[a-z0-9\0](?:[a-z0-9_\0-]*[a-z0-9\0])?\.)+[a-z\0][a-z0-9\0-]*|localhost", re.IGNORECASE
)
_HOST_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[\w.\0-]+):([0-9]{2,5})", re.IGNORECASE)
# Nobody connects to these: names of formats, and what RFC 2606 and RFC 6761 keep for examples.
_NOT_PLACES = re.compile(
    r"(?:^|\.)(?:w3\.org|json-schema\.org|schema\.org|schemas\.[\w.]+|xmlsoap\.org|purl\.org|xml\.org|sitemaps\.org|schemastore\.org"
    r"|example|invalid|test|example\.(?:com|org|net|edu))$",
    re.IGNORECASE,
)
_DOCUMENTS = re.compile(
    r"^(?:\$?schema|\$?id|\$ref|xmlns\w*|namespace\w*|docs?(?:_url)?|documentation(?:_url)?|help(?:_url|_text)?|homepage|license(?:_info|_url)?|contact"
    r"|terms_of_service|link|href|description|summary|title|about|see|example|examples|placeholder|type)$"
)
_SECRET = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|secret|secret_key|token|api_?key|access_?key(?:_id)?|private_?key|signing_?key|encryption_?key"
    r"|client_?secret|credentials?|auth_?token|bearer|dsn|webhook_secret)(?:_previous)?$"
)
_HOST = re.compile(
    r"(?:^|_)(?:hosts?|host_?name|domain|broker|brokers|bootstrap_servers|server_name|endpoint|ip|ip_address)$"
)
_PORT = re.compile(r"(?:^|_)port$")
_TIMEOUT = re.compile(r"(?:^|_)timeouts?(?:_(?:s|secs?|seconds?|ms|millis|milliseconds?|minutes?))?$")
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abeprs]-[\w-]{10,}|\b[rs]k_(?:live|test)_\w{16,}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,}|\bAIza[\w-]{35}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bwhsec_[A-Za-z0-9+/=]{20,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
)
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Known:
    """`services` are names of the table that are hosts; `relaxed`: code of development alone, which may name this machine."""

    services: Collection[str] = ()
    relaxed: bool = False

    def is_service(self, host: str) -> bool:
        """Whether this is how the cluster, or Compose, calls a service."""
        return host in self.services or host.endswith(".svc.cluster.local")


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


def judge_text(text: str, name: str, known: Known) -> Iterator[Violation]:
    """What is wrong with a text in code."""
    bound = snake(name)
    if _SHAPES.search(text):
        yield _credential("a credential")
        return
    urls = list(_URL.finditer(text))
    for url in urls:
        yield from _url(text, url, bound, known)
    if urls:
        return
    if _is_password(text, name):
        yield _credential(f"the value of `{name}`")
    else:
        yield from _address(text.strip(), bound, known)


def judge_number(number: float, name: str) -> Iterator[Violation]:
    """What is wrong with a number in code that is bound to a name; a time limit is judged by its caller."""
    if _PORT.search(snake(name)) and 0 < number < 65536 and number == int(number):
        yield _port(str(int(number)))


def _url(text: str, found: re.Match[str], bound: str, known: Known) -> Iterator[Violation]:
    userinfo, _, place = found[2].rpartition("@")
    user, colon, password = userinfo.partition(":")
    host, port = _split(place)
    if (
        colon
        and password
        and HOLE not in password
        and not re.fullmatch(r"[<{$*].*|PASS(?:WORD)?|\W+", password)
    ):
        yield _credential("a password in a URL")
        return
    if user and not colon and re.fullmatch(r"[0-9a-f]{16,}", user):
        yield _credential("the key of a DSN")
        return
    if not host or _NOT_PLACES.search(host) or _DOCUMENTS.search(bound):
        return
    if HOLE in host and not re.search(r"\.[a-z]+$", host, re.IGNORECASE):
        if port.isdigit():
            yield _port(port)
        return
    whole = text.strip()
    if known.relaxed and host.lower() in _LOOPBACK:
        return
    placeholder = re.fullmatch(r"[A-Z_]+|\.+|…|host(?:name)?", host)
    in_prose = not whole.startswith(found[0]) or re.search(r"\s", whole)
    if placeholder or (in_prose and not known.is_service(host)) or host in ("0.0.0.0", "::"):
        return
    names_nothing = not (
        known.is_service(host) or host.lower() == "localhost" or port or re.search(r"[.:\0]", host)
    )
    if names_nothing and found[1].lower().startswith("http"):
        return
    shown = f"{found[1]}://{place}".replace(HOLE, "…")
    yield (
        "url",
        f"`{shown}` is written into the code",
        _declare(f"{bound.upper()}" if bound.endswith("url") else "…_URL"),
    )


def _split(place: str) -> tuple[str, str]:
    """Host and port; an IPv6 address without its brackets."""
    if match := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", place):
        return match[1], match[2] or ""
    host, _, port = place.partition(":")
    return host, port


def _address(text: str, bound: str, known: Known) -> Iterator[Violation]:
    names_host = bool(_HOST.search(bound))
    host, port = text, ""
    if match := _HOST_PORT.fullmatch(text):
        host, port = match[1].strip("[]"), match[2]
    if known.relaxed and host.lower() in _LOOPBACK:
        return
    if _is_ip(host, loosely=names_host) and "version" not in bound:
        if ip_network(host, strict=False).network_address.is_unspecified:
            if port:
                yield _port(port)
            return
        yield _host(text)
    elif (
        (
            names_host
            and (_HOST_NAME.fullmatch(host) or host in known.services)
            and not _NOT_PLACES.search(host)
        )
        or (
            port and (known.is_service(host) or host == "localhost" or host.endswith((".internal", ".local")))
        )
        or (known.is_service(host) and "." in host)
    ):
        yield _host(text)
    elif _PORT.search(bound) and text.isdigit() and 0 < int(text) < 65536:
        yield _port(text)


def _is_ip(text: str, *, loosely: bool) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    if ":" in text:
        return loosely or text.count(":") > 2 or text == "::1"
    return text.count(".") == 3


def _is_password(text: str, name: str) -> bool:
    """A secret's name, and a value that is none of: empty, prose, the name of a variable or of itself, a mark for a value."""
    value = text.strip()
    if not value or HOLE in value or not is_secret_name(name):
        return False
    plain = snake(value)
    return not (
        (snake(name) == "credentials" and plain in ("include", "omit", "same_origin"))  # fetch's
        or re.search(r"\s", value)
        or _CAPITALS.fullmatch(value)
        or plain == snake(name)
        or is_secret_name(value)
        or re.fullmatch(r"<.*>|\*+|\{.*\}|\$.*|\.+", value)
    )


def _declare(variable: str) -> str:
    return f"declare `{variable}` in dev/services.yaml and read it from the environment"


def _host(text: str) -> Violation:
    return "host", f"`{text.replace(HOLE, '…')}` is written into the code", _declare("…_URL")


def _port(text: str) -> Violation:
    return (
        "port",
        f"port {text} is written into the code",
        "take it from the environment: the table's `port` is APP_PORT, a called service's is in its …_URL",
    )


def _credential(what: str) -> Violation:
    return (
        "credential",
        f"{what} is written into the code",
        "declare it below `secrets:` in dev/services.yaml, read it from the environment, and replace it where it is valid",
    )
