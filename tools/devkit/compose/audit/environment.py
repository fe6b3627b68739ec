"""Configuration comes from outside; secrets are in no file; addresses are names (phases 5 and 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Service, Stack
from devkit.compose.model import Node
from devkit.findings.model import Severity

__all__ = ["RULES"]

_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASS|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|DSN|CREDENTIALS?)(_|$)|(^|_)KEY$",
    re.IGNORECASE,
)
# Names that hold such a word and no secret.
_NO_SECRET = re.compile(
    r"(_FILE|_PATH|_LENGTH|_TTL|_SECONDS|_URL|_HEADER|_NAME|_ID|PUBLIC_KEY)$", re.IGNORECASE
)
_SWITCH = re.compile(r"(true|false|yes|no|on|off|[0-9]+)?", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"]+", re.IGNORECASE)
_DEFAULT = re.compile(r"\$\{(\w+):?-([^}]+)\}")
# Addresses that are no other machine's.
_OWN = ("127.0.0.1", "0.0.0.0")
_DEVELOPMENT = {
    "NODE_ENV": "development", "RAILS_ENV": "development", "APP_ENV": "development", "FLASK_ENV": "development",
    "FLASK_DEBUG": "1", "DEBUG": "true", "ASPNETCORE_ENVIRONMENT": "development",
}  # fmt: skip


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret."""
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def _variables(stack: Stack) -> Iterator[tuple[Service, str, Node]]:
    for service in stack.services:
        for name, node in service.entries("environment").items():
            yield service, name, node


@dataclass(frozen=True)
class _Address:
    """A URL in a variable of a service, as far as it can be read."""

    service: Service
    name: str
    node: Node
    host: str
    port: str


def _addresses(stack: Stack) -> Iterator[_Address]:
    for service, name, node in _variables(stack):
        for url in _URL.findall(str(node.plain() or "")):
            yield _Address(service, name, node, _host(url), _port(url))


def _written(node: Node) -> str:
    return node.origin.text or ""


@rule("secret-in-file", "no secret is written into a file")
def secret_in_file(stack: Stack) -> Iterator[Violation]:
    for service, name, node in _variables(stack):
        text = _written(node)
        if (
            is_secret(name)
            and text
            and stack.is_literal(node)
            and not _SWITCH.fullmatch(text)
            and not text.startswith("/")
        ):
            message = f"the value of {name} of {service.name} is written here"
            yield Violation(
                node.place,
                message,
                f"write `${{{name}}}`, put the value into .env, and change it: git keeps the old one",
            )


@rule("secret-default", "no secret has a value that everybody knows")
def secret_default(stack: Stack) -> Iterator[Violation]:
    for service, name, node in _variables(stack):
        for variable, _ in _DEFAULT.findall(_written(node)):
            if is_secret(variable) or is_secret(name):
                message = f"{variable} of {service.name} has a default: who forgets to set it runs with that"
                yield Violation(node.place, message, f"write `${{{variable}:?set it in .env}}`")


@rule("url-with-password", "no URL in a file holds a password")
def url_with_password(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for _, node in service.node.walk():
            # With a variable elsewhere in it, it is the text that counts.
            here = stack.is_literal(node) or "$" in _written(node)
            for url in _URL.findall(_written(node)) if here else ():
                found = re.match(r"[^:]+://[^/@:]*:([^/@]+)@", url)
                if found and "$" not in found[1]:
                    message = f"a URL of {service.name} holds a password"
                    yield Violation(node.place, message, "take the whole URL from a variable")


@rule("secret-in-command", "no secret is an argument, where every process of the host can read it")
def secret_in_command(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for path in (("command",), ("entrypoint",), ("build", "args"), ("healthcheck", "test")):
            found = service.get(*path)
            for _, node in found.walk() if found is not None else ():
                named = [variable.name for variable in node.origin.variables if is_secret(variable.name)]
                if named:
                    where = (
                        "a build argument, which the image keeps" if path[0] == "build" else f"the {path[-1]}"
                    )
                    message = f"{named[0]} is part of {where} of {service.name}"
                    yield Violation(node.place, message, "hand it over as a variable or a secret")


@rule(
    "secret-in-label",
    "no secret is a label, which every container with Docker's socket can read",
    severity=Severity.WARNING,
)
def secret_in_label(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for label, node in service.labels.items():
            if any(is_secret(variable.name) for variable in node.origin.variables):
                yield Violation(node.place, f"a secret is in {label} of {service.name}", "take it out")


@rule("loopback-url", "no service looks for another one on its own loopback")
def loopback_url(stack: Stack) -> Iterator[Violation]:
    for url in _addresses(stack):
        host_network = url.service.text("network_mode") == "host"
        if url.host in ("localhost", "127.0.0.1", "::1") and not host_network:
            message = f"{url.name} of {url.service.name} points to {url.host}, which is the container itself"
            yield Violation(url.node.place, message, "name the service that is meant")


@rule("address-url", "services are named, not numbered")
def address_url(stack: Stack) -> Iterator[Violation]:
    for url in _addresses(stack):
        if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", url.host) and url.host not in _OWN:
            message = f"{url.name} of {url.service.name} points to the address {url.host}"
            fix = "name the service that is meant, or take the URL from a variable"
            yield Violation(url.node.place, message, fix)


@rule("unknown-host", "URLs between services name services that there are")
def unknown_host(stack: Stack) -> Iterator[Violation]:
    known = {"localhost", *_reachable(stack)}
    for url in _addresses(stack):
        named = re.fullmatch(r"[a-z][a-z0-9_-]*", url.host) and "$" not in _written(url.node)
        if named and url.host not in known:
            message = f"{url.name} of {url.service.name} points to `{url.host}`, which is no service here"
            yield Violation(url.node.place, message, f"there are {', '.join(sorted(stack.names))}")


@rule(
    "unknown-port",
    "URLs between services name ports that those listen on",
    severity=Severity.WARNING,
)
def unknown_port(stack: Stack) -> Iterator[Violation]:
    exposed = {service.name: service.exposed for service in stack.services}
    for url in _addresses(stack):
        there = exposed.get(url.host)
        if there and url.port and url.port not in there:
            message = f"{url.name} of {url.service.name} points to port {url.port} of {url.host}, which exposes {', '.join(sorted(there))}"
            yield Violation(
                url.node.place, message, f"name one of these, or add it to `expose` of {url.host}"
            )


@rule("development", "nothing runs as in development")
def development(stack: Stack) -> Iterator[Violation]:
    for service, name, node in _variables(stack):
        if _DEVELOPMENT.get(name) == str(node.plain()).lower():
            yield Violation(
                node.place, f"{service.name} has {name}={node.plain()}", "name the environment that this is"
            )


def _reachable(stack: Stack) -> set[str]:
    names = set(stack.names) | {"host.docker.internal"}
    for service in stack.services:
        names |= {service.text("container_name"), service.text("hostname")}
        for network in service.entries("networks").values():
            aliases = network.get("aliases")
            names |= {
                str(alias.plain())
                for alias in (aliases.value if aliases and isinstance(aliases.value, list) else [])
            }
        names |= {
            str(host.plain()).partition("=")[0].partition(":")[0] for host in service.items("extra_hosts")
        }
    return names


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _port(url: str) -> str:
    try:
        return str(urlsplit(url).port or "")
    except ValueError:
        return ""


RULES = (
    secret_in_file, secret_default, url_with_password, secret_in_command, secret_in_label, loopback_url, address_url, unknown_host,
    unknown_port, development,
)  # fmt: skip
