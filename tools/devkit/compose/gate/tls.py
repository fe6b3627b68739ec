"""Every name has a certificate that browsers take, for more than two weeks to come."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from devkit.base.certificates import CertificateRefused, certificate_of, trusted_context
from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.compose.gate.routes import routes_of
from devkit.compose.gate.subject import Gate

__all__ = ["tls"]

# Days before its end at which a certificate should have been renewed: two weeks, or a third of a short-lived one's life.
_DAYS, _PART = 14.0, 1 / 3


@check("gate.tls", "every name has a certificate that clients accept, for two more weeks", deadline=120)
def tls(gate: Gate) -> str:
    hosts = sorted({route.host for route in routes_of(gate.concerned) if route.secure})
    if not hosts:
        raise Skipped("no label of Traefik's gives a service here a name with TLS")
    try:
        trusted_context(gate.ca_file)
    except (OSError, ssl.SSLError):
        raise Problem(f"{gate.ca_file} holds no certificate", "--cacert takes a PEM file") from None
    with ThreadPoolExecutor(min(8, len(hosts))) as pool:
        problems = dict(zip(hosts, pool.map(lambda host: _judged(gate, host), hosts), strict=True))
    if found := list(_grouped(problems)):
        raise Problems(found)
    return ", ".join(hosts)


def _grouped(problems: Mapping[str, Problem | None]) -> Iterator[Problem]:
    """One for all names with the same problem."""
    groups: dict[tuple[str, str], list[str]] = {}
    for host, problem in problems.items():
        if problem is not None:
            groups.setdefault((problem.message, problem.advice or ""), []).append(host)
    for (message, advice), hosts in groups.items():
        first = next(problem for host in hosts if (problem := problems[host]))
        yield first.changed(message=f"{', '.join(hosts)}: {message}", advice=advice)


def _judged(gate: Gate, host: str) -> Problem | None:
    try:
        found = certificate_of(host, connect_to=gate.connect_to, context=trusted_context(gate.ca_file))
    except CertificateRefused as problem:
        return Problem(f"the certificate is refused: {problem}", _fix(gate, problem))
    except ssl.SSLError as problem:
        return Problem(f"no TLS there: {problem.reason or problem}", "is that Traefik's entry point for TLS?")
    except OSError as problem:
        said = problem.strerror or str(problem) or type(problem).__name__
        fix = (
            "is the name right in .env, and does it point there? --connect-to HOST:PORT asks another address"
        )
        where = f"{gate.connect_to[0]}:{gate.connect_to[1]}" if gate.connect_to else "port 443"
        return Problem(f"no answer at {where}: {said}", fix)
    left = found.days_left()
    if left < min(_DAYS, found.days * _PART):
        return warning(
            f"the certificate expires in {left:.0f} days, on {found.ends:%Y-%m-%d} ({found.issuer})",
            f"Traefik should have renewed it: {_proxy_logs(gate)}",
        )
    return None


def _fix(gate: Gate, problem: CertificateRefused) -> str:
    if problem.expired:
        return f"Traefik could not renew it; Let's Encrypt asks at port 80: {_proxy_logs(gate)}"
    if problem.other_name:
        return f"Traefik has none for this name and shows another: {_proxy_logs(gate)}"
    return f"Traefik's own one, until it gets one from Let's Encrypt? {_proxy_logs(gate)}; --cacert FILE for an authority of your own"


def _proxy_logs(gate: Gate) -> str:
    names = [each.name for each in gate.stack.services if each.base_name == "traefik"]
    return gate.compose("logs", "--tail", "50", *(names or ["traefik"])[:1])
