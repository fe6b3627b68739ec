"""A certificate authority of the test's own, and a server on loopback that shows a certificate by the name it is asked for."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.polling import PATIENCE

__all__ = ["Authority", "certificate_server"]


_SIGNS = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


@dataclass
class Authority:
    """Issues certificates; `pem` is its own, for who is to trust it."""

    folder: Path
    name: str = "A test's authority"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._own = self._signed(
            self.name, self._key, x509.BasicConstraints(ca=True, path_length=0), _SIGNS, days=365
        )
        self.pem = self.folder / "authority.pem"
        self.pem.write_bytes(self._own.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, days: float = 90, since: float = -1) -> Path:
        """A file with a certificate for the names, valid from `since` days on for `days`, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        made = self._signed(names[0], key, x509.BasicConstraints(ca=False, path_length=None), alternatives, days=days, since=since)  # fmt: skip
        path = self.folder / f"{names[0].replace('*', 'any')}-{days:g}.pem"
        path.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path

    def _signed(
        self,
        subject: str,
        key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        days: float,
        since: float = -1,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(subject))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=min(since, days - 1)))
            .not_valid_after(now + timedelta(days=days))
        )
        # What Python asks of a chain from 3.13 on.
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(own, critical=False)
        for extension in extensions:
            builder = builder.add_extension(
                extension, critical=isinstance(extension, x509.BasicConstraints | x509.KeyUsage)
            )
        return builder.sign(self._key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])


@contextmanager
def certificate_server(files: Mapping[str, Path], address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port of a server that shows each name the certificate in its file, and anybody else the first one; it hangs up after
    the handshake."""
    contexts = {name: _context(path) for name, path in files.items()}
    first = next(iter(contexts.values()))

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = contexts.get(name or "", first)

    first.sni_callback = choose

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(PATIENCE)
            first.wrap_socket(connection, server_side=True).close()

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
