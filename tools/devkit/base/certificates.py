"""The certificate that a server shows for a name, judged as a browser does."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Certificate", "CertificateRefused", "any_certificate", "certificate_of", "trusted_context"]

_SECONDS = 10.0
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62
_NO_DATES = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME


@dataclass(frozen=True)
class Certificate:
    """A certificate whose chain and name are right. `names` are those that it is for, `issuer` who signed it."""

    names: tuple[str, ...]
    issuer: str
    begins: datetime
    ends: datetime

    def days_left(self, now: datetime | None = None) -> float:
        """Days until it expires."""
        return (self.ends - (now or datetime.now(UTC))).total_seconds() / 86400

    @property
    def days(self) -> float:
        """Days for which it is valid in all."""
        return (self.ends - self.begins).total_seconds() / 86400


class CertificateRefused(Exception):
    """Why a certificate is not right, in words. `expired`, `other_name`: that is why."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.expired = code == _EXPIRED
        self.other_name = code == _OTHER_NAME


def trusted_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """What this machine trusts (SSL_CERT_FILE and SSL_CERT_DIR count), and the authorities in `ca_file` as well.

    Raises OSError or ssl.SSLError for a file that cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if (
        paths.cafile is None
        and paths.capath is None
        and not {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
    ):
        import certifi  # Python from python.org on a Mac knows none

        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def any_certificate() -> ssl.SSLContext:
    """One to which every certificate is right: for requests that carry nothing secret, and whose answer is only looked at."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def certificate_of(
    host: str,
    port: int = 443,
    *,
    connect_to: tuple[str, int] | None = None,
    context: ssl.SSLContext | None = None,
    seconds: float = _SECONDS,
) -> Certificate:
    """The certificate for a name, from the server at its address or at `connect_to`. `context` is used for this alone.

    Raises CertificateRefused for one that a client would refuse, OSError where no server answers.
    """
    trusted = context or trusted_context()
    with socket.create_connection(connect_to or (host, port), seconds) as plain:
        try:
            with trusted.wrap_socket(plain, server_hostname=host) as secured:
                found: dict[str, Any] | None = secured.getpeercert()
        except ssl.SSLCertVerificationError as problem:
            code, said = problem.verify_code, problem.verify_message
            shown = _anyway(host, connect_to or (host, port), trusted, seconds)
            raise CertificateRefused(_words(code, said, shown), code) from None
    assert found is not None
    return _read(found)


def _anyway(
    host: str, address: tuple[str, int], trusted: ssl.SSLContext, seconds: float
) -> Certificate | None:
    """The same certificate with neither its dates nor its names looked at; None where its issuer is not trusted either."""
    trusted.check_hostname = False
    trusted.verify_flags |= _NO_DATES
    try:
        with (
            socket.create_connection(address, seconds) as plain,
            trusted.wrap_socket(plain, server_hostname=host) as secured,
        ):
            found: dict[str, Any] | None = secured.getpeercert()
    except OSError:
        return None
    return _read(found) if found else None


def _words(code: int, said: str, shown: Certificate | None) -> str:
    if shown is not None and code == _EXPIRED:
        return f"it expired on {shown.ends:%Y-%m-%d at %H:%M} UTC"
    if shown is not None and code == _NOT_YET:
        return f"it is valid from {shown.begins:%Y-%m-%d at %H:%M} UTC on"
    if shown is not None and code == _OTHER_NAME:
        return f"it is for {', '.join(shown.names) or 'no name'}"
    return f"{said[:1].lower()}{said[1:]}".rstrip(".")


def _read(found: dict[str, Any]) -> Certificate:
    return Certificate(
        names=tuple(str(value) for kind, value in found.get("subjectAltName", ()) if kind == "DNS"),
        issuer=_issuer(found.get("issuer", ())),
        begins=_moment(str(found["notBefore"])),
        ends=_moment(str(found["notAfter"])),
    )


def _issuer(name: object) -> str:
    """The common name, or the organization, of who signed."""
    assert isinstance(name, tuple)
    parts = {str(key): str(value) for group in name for key, value in group}
    return parts.get("commonName") or parts.get("organizationName") or "an unnamed authority"


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
