"""The certificate that a server shows for a name, asked at each address by itself: the machine's resolver has no part in it.

A strict handshake, as every client does it, is what counts. Where it fails, two more find out why: one that trusts as before and
minds neither dates nor names, and one that trusts just what is shown, so that its dates can be read.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.dns.ask import TIME_UP
from devkit.dns.model import Certificate

__all__ = ["HTTPS_PORT", "Trust", "ask_for_certificates"]

HTTPS_PORT = 443
_AT_ONCE = 20
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME and X509_V_FLAG_PARTIAL_CHAIN.
_NO_DATES, _LEAF_IS_TRUSTED = 0x200000, 0x80000
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


@functools.cache
def _bundle(cacert: str | None) -> str | None:
    """Python's own list where the system has none."""
    paths = ssl.get_default_verify_paths()
    if cacert or os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.capath:
        return None
    import certifi

    return certifi.where()


class Trust:
    """The system's authorities (or SSL_CERT_FILE's) and those in `cacert`, for handshakes.

    Raises DevkitError (exit 2) where that is no file of certificates.
    """

    def __init__(self, cacert: str | None) -> None:
        self.strict, self.lenient = self._load(cacert), self._load(cacert)
        self.lenient.check_hostname = False
        self.lenient.verify_flags |= _NO_DATES

    def _load(self, cacert: str | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=_bundle(cacert))
        context.verify_flags &= (
            ~ssl.VERIFY_X509_STRICT
        )  # a form of Python's from 3.13 on, which browsers do not ask for
        if cacert:
            context.load_default_certs()
            try:
                context.load_verify_locations(cacert)
            except (OSError, ssl.SSLError):
                why = (
                    "there is no such file"
                    if not Path(cacert).is_file()
                    else "it has no certificates in PEM form"
                )
                raise DevkitError(f"--cacert: {cacert}: {why}", exit_code=ExitCode.USAGE) from None
        return context


async def ask_for_certificates(
    wanted: Iterable[tuple[str, str]],
    port: int,
    trust: Trust,
    seconds: float,
    left: Callable[[], float],
    on_ask: Callable[[str], None],
) -> list[Certificate]:
    """What each address shows for each name; `seconds` for one handshake, and no more than is `left` of all."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, address: str) -> Certificate:
        async with free:
            if left() <= 0:
                return Certificate(name, address, silent=TIME_UP)
            on_ask(f"{name} at {address}")
            return await _Shown(name, address, port, trust, lambda: min(2 * seconds, left())).look()

    return list(await asyncio.gather(*(one(name, address) for name, address in dict.fromkeys(wanted))))


class _Shown:
    """One name at one address."""

    def __init__(
        self, name: str, address: str, port: int, trust: Trust, seconds: Callable[[], float]
    ) -> None:
        self._name, self._address, self._port = name, address, port
        self._trust, self._seconds = trust, seconds

    async def look(self) -> Certificate:
        silent = functools.partial(Certificate, self._name, self._address)
        try:
            shown, _ = await self._handshake(self._trust.strict)
            return self._certificate(shown, ())
        except ssl.SSLCertVerificationError as refusal:
            with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
                return await self._why(refusal)
            return silent(trouble=(refusal.verify_message,))
        except TimeoutError:
            return silent(silent="no answer" if self._seconds() > 0 else TIME_UP)
        except ssl.SSLError as problem:
            return silent(silent=f"it does not speak TLS as it should ({problem.reason or problem})")
        except ConnectionRefusedError:
            return silent(silent="nobody listens there (connection refused)")
        except OSError as problem:
            unasked = problem.errno in _NO_WAY and ":" in self._address
            words = "this machine has no IPv6" if unasked else _words(problem)
            return silent(silent=words, unasked=unasked)

    async def _why(self, refusal: ssl.SSLCertVerificationError) -> Certificate:
        """All that is wrong, not only what the strict handshake met first."""
        trouble = []
        try:
            shown, _ = await self._handshake(self._trust.lenient)
        except ssl.SSLCertVerificationError as untrusted:
            trouble.append(f"no authority that is trusted here vouches for it: {untrusted.verify_message}")
            shown = await self._unverified()
        names = _names(shown)
        if not any(_covers(each, self._name) for each in names):
            trouble.append(f"it is for {', '.join(names) or 'no name'}, not for {self._name}")
        until, since, now = _time(shown, "notAfter"), _time(shown, "notBefore"), datetime.now(UTC)
        if until and until < now:
            trouble.append(f"it expired on {until:%Y-%m-%d at %H:%M} UTC")
        if since and since > now:
            trouble.append(f"it is valid from {since:%Y-%m-%d at %H:%M} UTC on")
        return self._certificate(shown, tuple(trouble) or (refusal.verify_message,))

    async def _unverified(self) -> dict[str, Any]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, der = await self._handshake(context)
        reading = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        reading.check_hostname = False
        reading.verify_flags |= _NO_DATES | _LEAF_IS_TRUSTED
        reading.load_verify_locations(cadata=der)
        shown, _ = await self._handshake(reading)
        return shown

    async def _handshake(self, context: ssl.SSLContext) -> tuple[dict[str, Any], bytes]:
        """The certificate, read (empty if it was not verified) and as it came."""
        async with asyncio.timeout(self._seconds()):
            _, writer = await asyncio.open_connection(
                self._address, self._port, ssl=context, server_hostname=self._name
            )
        try:
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            return tls.getpeercert() or {}, tls.getpeercert(binary_form=True) or b""
        finally:
            writer.transport.abort()

    def _certificate(self, shown: dict[str, Any], trouble: tuple[str, ...]) -> Certificate:
        issuer = {key: value for part in shown.get("issuer", ()) for key, value in part}
        who = issuer.get("organizationName") or issuer.get("commonName") or ""
        return Certificate(self._name, self._address, _time(shown, "notAfter"), _names(shown), who, trouble)


def _words(problem: OSError) -> str:
    if isinstance(problem, ConnectionError):
        return "it hung up instead of speaking TLS"
    return (problem.strerror or str(problem) or type(problem).__name__).lower()


def _names(shown: dict[str, Any]) -> tuple[str, ...]:
    return tuple(value for kind, value in shown.get("subjectAltName", ()) if kind in ("DNS", "IP Address"))


def _time(shown: dict[str, Any], key: str) -> datetime | None:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown[key]), UTC) if key in shown else None


def _covers(pattern: str, name: str) -> bool:
    """Whether a certificate's name is for that host; a wildcard stands for one label."""
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or (pattern.startswith("*.") and pattern[2:] == name.partition(".")[2])
