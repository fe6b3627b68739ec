"""A proxy leaves localhost alone."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_url

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_HERE = ("localhost", "127.0.0.1")


@check("network.proxy", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises Problems: localhost goes through a proxy, a proxy's address is none, or two spellings contradict."""
    set_here = _set(machine.environ, _PROXIES)
    if not set_here:
        raise Skipped("no proxy is set")
    problems = [
        warning(f"{name} is not a proxy's address: {masked_url(value)!r}", f"{name}=http://HOST:PORT", part="address")
        for name, value in set_here.items()
        if not _is_address(value)
    ]  # fmt: skip
    problems += _contradictions(machine.environ)
    spared = _set(machine.environ, ("NO_PROXY",))
    left_out = [host for host in _HERE if not all(_spares(value, host) for value in spared.values())]
    if not spared:
        left_out = list(_HERE)
    if left_out:
        shown = ", ".join(f"{name} ({masked_url(value)})" for name, value in set_here.items())
        has = next(iter(spared.values()), "").strip(", ")
        wanted = ",".join([*([has] if has else []), *left_out])
        problems.append(
            warning(
                f"{shown} is set, and {' and '.join(spared) or 'NO_PROXY'} {'lacks' if spared else 'is not set, so it lacks'} "
                f"{' and '.join(left_out)}: curl, kubectl and browsers send calls to the platform on this machine to the proxy",
                f"export NO_PROXY={masked_url(wanted)} no_proxy=$NO_PROXY",
                part="localhost",
            )
        )
    if problems:
        raise Problems(problems)
    return ", ".join(f"{name} {masked_url(value)}" for name, value in set_here.items())


def _set(environ: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    spellings = [spelling for name in names for spelling in (name, name.lower())]
    return {name: environ[name] for name in spellings if environ.get(name, "").strip()}


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value if "//" in value else f"//{value}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _contradictions(environ: Mapping[str, str]) -> list[Problem]:
    """Some programs read the one spelling, some the other."""
    return [
        warning(f"{name} and {name.lower()} differ: programs disagree on which one to use", "set both to the same value, or only one", part="spelling")
        for name in (*_PROXIES, "NO_PROXY")
        if environ.get(name) and environ.get(name.lower()) and environ[name] != environ[name.lower()]
    ]  # fmt: skip


def _spares(value: str, host: str) -> bool:
    entries = {entry.strip().lower() for entry in value.replace(" ", ",").split(",")}
    if "*" in entries or host in entries:
        return True
    return host == "127.0.0.1" and bool(entries & {"127.0.0.0/8", "127.*", "127.0.0.1/32", "127.0.0.0/24"})
