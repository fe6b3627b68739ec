"""Image builds trust whoever signs for the package index here."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

from devkit.checks import Skipped, check, note, warning
from devkit.doctor.facts.index import Index, Vouched, index, shake_hands, stores
from devkit.doctor.machine import Machine
from devkit.render.build_secrets import build_secrets

_SECONDS = 3.5
_LINK = "docs/kubernetes.md"


@check("network.tls", __doc__, deadline=6.0)
def run(machine: Machine) -> str:
    """Raises a warning when a proxy re-signs TLS and image builds are not given its issuer; a note when they are."""
    where = machine.fact(index)
    until = time.monotonic() + _SECONDS
    try:
        return f"{where.host}: {_own(where, until).issuer}"
    except ssl.SSLCertVerificationError as refusal:
        why = refusal.verify_message
    except (OSError, ValueError) as problem:
        raise Skipped(f"{where.host} is not reached: {problem}") from None
    handed = _handed_over(machine)
    found = _vouching(machine, where, until)
    if found is None:
        raise warning(
            f"nothing here vouches for {where.host}'s certificate: {why}",
            "ask who runs your network for its CA certificate, and export DEVKIT_CA_BUNDLE=FILE",
            link=_LINK,
        )
    store, vouched = found
    what = "TLS is intercepted" if where.usual else "Python's own list does not know its issuer"
    message = f"{where.host}: {what}; the certificate is issued by {vouched.issuer}"
    if handed is None:
        raise warning(
            f"{message}, which image builds do not know", f"export DEVKIT_CA_BUNDLE={store}", link=_LINK
        )
    if handed != store and not _accepts(where, handed, until):
        raise warning(
            f"{message}, and {handed}, which image builds are given, does not know it",
            f"export DEVKIT_CA_BUNDLE={store}",
            link=_LINK,
        )
    raise note(f"{message}; image builds are given {handed}", "nothing is to be done", link=_LINK)


def _own(where: Index, until: float) -> Vouched:
    """With the list that Python's packages bring along."""
    try:
        import certifi
    except ImportError:
        raise ValueError("there is no list of issuers to compare with") from None
    return shake_hands(where, Path(certifi.where()), until)


def _handed_over(machine: Machine) -> Path | None:
    """The bundle that devkit gives to image builds."""
    prefix = "id=ca,src="
    given = (each for each in build_secrets(machine.environ, machine.home) if each.startswith(prefix))
    return next((Path(each.removeprefix(prefix)) for each in given), None)


def _vouching(machine: Machine, where: Index, until: float) -> tuple[Path, Vouched] | None:
    for store in stores(machine.environ):
        try:
            return store, shake_hands(where, store, until)
        except (OSError, ValueError):
            if time.monotonic() > until:
                return None
    return None


def _accepts(where: Index, store: Path, until: float) -> bool:
    try:
        shake_hands(where, store, until)
    except (OSError, ValueError):
        return False
    return True
