"""Whether a text or a number is an address, a credential or a time limit: the same for every language.

In a text HOLE stands for what is only known at run time. `name` is what the value is bound to (a variable, a keyword, a key),
empty where it is bound to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from devkit.configuration.credentials import HOLE, holds_credential, holds_password, is_password
from devkit.configuration.fixes import address_fix
from devkit.configuration.names import names_document, names_host, names_port, snake

__all__ = ["LOOPBACK", "Known", "Violation", "judge_number", "judge_text"]

Violation = tuple[str, str, str]

_SCHEMES = r"https?|wss?|grpcs?|ftps?|sftp|smtps?|ldaps?|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|rediss?|amqps?|mongodb(?:\+srv)?|nats|kafka|mqtts?|tcp"
_URL = re.compile(
    rf"\b({_SCHEMES})://([^\s/?#\"'<>`|)\]]*(?:\[[0-9a-f:.]+\][^\s/?#\"'<>`|)]*)?)", re.IGNORECASE
)
_HOST_NAME = re.compile(
    r"(?:[a-z0-9\0](?:[a-z0-9_\0-]*[a-z0-9\0])?\.)+[a-z\0][a-z0-9\0-]*|localhost", re.IGNORECASE
)
_HOST_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[\w.\0-]+):([0-9]{2,5})", re.IGNORECASE)
# One of several servers, separated by commas.
_SERVER = re.compile(r"[a-z][\w.-]*:[0-9]{3,5}", re.IGNORECASE)
# What keys that are written with dots end with: `server.address`.
_ATTRIBUTE = re.compile(r"\.(?:name|address|addr|host|hostname|ip|server|domain|port|id|key)$")
# Nobody connects to these: names of formats, and what RFC 2606 and RFC 6761 keep for examples.
_NOT_PLACES = re.compile(
    r"(?:^|\.)(?:w3\.org|json-schema\.org|schema\.org|schemas\.[\w.]+|xmlsoap\.org|purl\.org|xml\.org|sitemaps\.org|schemastore\.org"
    r"|example|invalid|test|example\.(?:com|org|net|edu))$",
    re.IGNORECASE,
)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""What this machine calls itself."""


@dataclass(frozen=True)
class Known:
    """`services` are names of the table that are hosts, `owner` is where a variable of this code would be declared;
    `relaxed`: code of development alone, which may name this machine."""

    services: Collection[str] = ()
    relaxed: bool = False
    owner: str = "the service"

    def is_service(self, host: str) -> bool:
        """Whether this is how the cluster, or Compose, calls a service."""
        return host in self.services or host.endswith(".svc.cluster.local")


def judge_text(text: str, name: str, known: Known) -> Iterator[Violation]:
    """What is wrong with a text in code."""
    bound = snake(name)
    if holds_credential(text):
        yield _credential("a credential")
        return
    if holds_password(text):
        yield _credential("a password in a connection")
        return
    urls = list(_URL.finditer(text))
    for url in urls:
        yield from _url(text, url, bound, known)
    if urls:
        return
    if is_password(text, name):
        yield _credential(f"the value of `{name}`")
    else:
        yield from _address(text.strip(), bound, known)


def judge_number(number: float, name: str) -> Iterator[Violation]:
    """What is wrong with a number in code that is bound to a name; a time limit is judged by its caller."""
    if names_port(snake(name)) and 0 < number < 65536 and number == int(number):
        yield _port(str(int(number)))


def _url(text: str, found: re.Match[str], bound: str, known: Known) -> Iterator[Violation]:
    userinfo, _, place = found[2].rpartition("@")
    user, colon, password = userinfo.partition(":")
    place = re.sub(rf"(?<=\.[a-z]{{2}}|[a-z]{{3}}|:\d\d|\d{{3}}){HOLE}+$", "", place)  # a path follows
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
    if not host or _NOT_PLACES.search(host) or names_document(bound):
        return
    if HOLE in host and not re.search(r"\.[a-z]+$", host, re.IGNORECASE):
        if port.isdigit():
            yield _port(port)
        return
    whole = text.strip()
    if known.relaxed and host.lower() in LOOPBACK:
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
        address_fix(host, bound, known.services, known.owner, found[1]),
    )


def _split(place: str) -> tuple[str, str]:
    """Host and port; an IPv6 address without its brackets."""
    if match := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", place):
        return match[1], match[2] or ""
    host, _, port = place.partition(":")
    return host, port


def _address(text: str, bound: str, known: Known) -> Iterator[Violation]:
    is_host = names_host(bound)
    host, port = text, ""
    if match := _HOST_PORT.fullmatch(text):
        host, port = match[1].strip("[]"), match[2]
    if known.relaxed and host.lower() in LOOPBACK:
        return
    if "," in text and all(_SERVER.fullmatch(each.strip()) for each in text.split(",")):
        yield _host(text, host, bound, known)
        return
    if _is_ip(host, loosely=is_host) and "version" not in bound:
        if ip_network(host, strict=False).network_address.is_unspecified:
            if port:
                yield _port(port)
            return
        yield _host(text, host, bound, known)
    elif _names_place(host, port, is_host=is_host, known=known):
        yield _host(text, host, bound, known)
    elif names_port(bound) and text.isdigit() and 0 < int(text) < 65536:
        yield _port(text)


def _names_place(host: str, port: str, *, is_host: bool, known: Known) -> bool:
    """Whether a text is the name of a host: because it is bound to one's name, or by what it says itself."""
    if is_host:
        named = (
            _HOST_NAME.fullmatch(host) or host in known.services or (port and re.search(r"[a-z]", host, re.I))
        )
        return bool(named) and not _NOT_PLACES.search(host) and not _ATTRIBUTE.search(host)
    if port:
        return known.is_service(host) or host == "localhost" or host.endswith((".internal", ".local"))
    return known.is_service(host) and "." in host


def _is_ip(text: str, *, loosely: bool) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    if ":" in text:
        return loosely or text.count(":") > 2 or text == "::1"
    return text.count(".") == 3


def _host(text: str, host: str, bound: str, known: Known) -> Violation:
    return (
        "host",
        f"`{text.replace(HOLE, '…')}` is written into the code",
        address_fix(host, bound, known.services, known.owner),
    )


def _port(port: str) -> Violation:
    fix = "read it from the environment: APP_PORT is the table's `port`, a called service's port is in its …_URL"
    return "port", f"port {port} is written into the code", fix


def _credential(what: str) -> Violation:
    return (
        "credential",
        f"{what} is written into the code",
        "declare it below `secrets:` in dev/services.yaml, read it from the environment, and replace it where it is valid",
    )
