"""What people type: names of hosts, addresses, servers. Each is refused with what to type instead."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import dns.exception
import dns.name

from devkit.base.errors import DevkitError, ExitCode
from devkit.dns.model import Server

__all__ = ["DNS_PORT", "parse_address", "parse_name", "parse_server", "shown"]

DNS_PORT = 53
_EXAMPLE = "such as www.example.com"
_LABEL = re.compile(rb"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.IGNORECASE)


def parse_name(text: str) -> dns.name.Name:
    """A host's whole name; one that is not in ASCII as the DNS knows it (IDNA). Raises DevkitError (exit 2) for anything else."""
    given = text.strip()
    if _is_address(given.strip("[]")):
        raise _refusal(
            f"{text} is an address, not a name", "name the host; an address is for --expect and --to"
        )
    if "/" in given or ":" in given:
        try:
            host = urlsplit(given if "//" in given else f"//{given}").hostname
        except ValueError:
            host = None
        raise _refusal(
            f"{text} is not a name but a URL, or has a port",
            f"name the host alone: {host}" if host else _EXAMPLE,
        )
    if given.startswith("*."):
        raise _refusal(
            f"{text} is a wildcard, and nobody asks for one", f"name a host below it: www{given[1:]}"
        )
    try:
        name = dns.name.from_text(given, idna_codec=dns.name.IDNA_2008_Practical)
    except (dns.exception.DNSException, UnicodeError) as problem:
        raise _refusal(
            f"{text!r} is not a name: {' '.join(str(problem).split()).rstrip('.')}", _EXAMPLE
        ) from None
    bad = [label.decode("latin-1") for label in name.labels[:-1] if not _LABEL.fullmatch(label)]
    if bad:
        raise _refusal(
            f"{text!r} is not a name: {bad[0]!r} is no part of one",
            "letters, digits and hyphens, between dots",
        )
    if len(name.labels) < 3:
        raise _refusal(f"{text!r} is not a whole name", f"add its domain: {given or 'www'}.example.com")
    return name


def parse_address(text: str, option: str, version: int | None = None) -> str:
    """An IP address, of IPv4 or IPv6 alone if that is said. Raises DevkitError (exit 2) for anything else."""
    wanted = f"an IPv{version} address" if version else "an IP address"
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        example = "2001:db8::7" if version == 6 else "192.0.2.7"
        raise _refusal(f"{option}: {text!r} is not {wanted}", f"such as {example}") from None
    if version and address.version != version:
        other = "--to-aaaa" if option == "--to" else "--to"
        raise _refusal(f"{option}: {text} is not {wanted}", f"{other} {text}")
    return str(address)


def parse_server(text: str, option: str, port: int = DNS_PORT) -> Server:
    """`ADDRESS` or `ADDRESS:PORT`; an IPv6 address with a port is in brackets. Raises DevkitError (exit 2) for anything else."""
    match = re.fullmatch(r"\[(?P<six>[^]]+)\](:(?P<p6>\d+))?|(?P<four>[^:]+)(:(?P<p4>\d+))?", text.strip())
    address = (match["six"] or match["four"]) if match else text.strip()
    number = int((match["p6"] or match["p4"] or port) if match else port)
    if not _is_address(address):
        raise _refusal(
            f"{option}: {text!r} is not an address",
            "such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353",
        )
    if not 0 < number < 65536:
        raise _refusal(f"{option}: {number} is not a port", "ports are 1 to 65535")
    return Server("", str(ipaddress.ip_address(address)), number)


def shown(name: dns.name.Name) -> str:
    """As people write it: without the last dot."""
    return name.to_text(omit_final_dot=True)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _refusal(message: str, fix: str | None) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
