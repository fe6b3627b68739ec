"""Image builds trust the issuer of the package index's certificate."""

from __future__ import annotations

import time

from devkit.checks import Skipped, check, note, warning
from devkit.doctor.facts.index import PYTHONS, Index, handshake, index, stores
from devkit.doctor.machine import Machine, observed
from devkit.render.build_secrets import build_secrets

_SECONDS = 3.5
_LINK = "docs/kubernetes.md"


@check("network.tls", __doc__, deadline=6.0)
def run(machine: Machine) -> str:
    """Raises a warning when a proxy re-signs TLS and image builds are not given its issuer; a note when they are."""
    where = machine.fact(index)
    until = time.monotonic() + _SECONDS
    from_python = handshake(machine, where, PYTHONS, until=until)
    if "issuer" in from_python:
        return f"{where.host}: {from_python['issuer']}"
    if "problem" in from_python:
        raise Skipped(f"{where.host} is not reached: {from_python['problem']}")
    handed = _handed_over(machine)
    found = _vouching(machine, where, until)
    if found is None:
        raise warning(
            f"nothing here vouches for {where.host}'s certificate: {from_python['refused']}",
            "ask who runs your network for its CA certificate, and export DEVKIT_CA_BUNDLE=FILE",
            link=_LINK,
        )
    store, issuer = found
    what = "TLS is intercepted" if where.usual else "Python's own list does not know its issuer"
    message = f"{where.host}: {what}; the certificate is issued by {issuer}"
    if handed is None:
        raise warning(
            f"{message}, which image builds do not know", f"export DEVKIT_CA_BUNDLE={store}", link=_LINK
        )
    if handed != store and "issuer" not in handshake(machine, where, handed, until=until):
        raise warning(
            f"{message}, and {handed}, which image builds are given, does not know it",
            f"export DEVKIT_CA_BUNDLE={store}",
            link=_LINK,
        )
    raise note(f"{message}; image builds are given {handed}", "no action needed", link=_LINK)


@observed("bundle for image builds")
def _handed_over(machine: Machine) -> str | None:
    """The list of issuers that devkit gives to image builds."""
    prefix = "id=ca,src="
    given = build_secrets(machine.environ.whole(), machine.home)
    return next((each.removeprefix(prefix) for each in given if each.startswith(prefix)), None)


def _vouching(machine: Machine, where: Index, until: float) -> tuple[str, str] | None:
    """The first list that knows the certificate's issuer, and the issuer."""
    for store in stores(machine):
        said = handshake(machine, where, store, until=until)
        if "issuer" in said:
            return store, said["issuer"]
        if time.monotonic() > until:
            return None
    return None
