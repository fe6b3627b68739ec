"""Decides whether devkit may change the cluster that kubectl points at: only one that provably runs on this machine.

Both must hold: the server's address leads nowhere else, and the product that the cluster claims to be of has left its
own evidence here, for just this address. A name alone is worth nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.users import home_folder
from devkit.cluster.endpoint import Endpoint, parse_server
from devkit.cluster.evidence import Evidence, gather
from devkit.cluster.kubeconfig import KubeContext, current_context

__all__ = ["ALLOW_VARIABLE", "Verdict", "judge", "judge_current", "require_local"]

ALLOW_VARIABLE = "DEVKIT_ALLOW_CONTEXT"


@dataclass(frozen=True)
class Verdict:
    """Whether devkit may change the cluster, why, and what to do when it may not."""

    local: bool
    reason: str
    fix: str | None = None


def judge(context: KubeContext, evidence: Evidence, allowed: Mapping[str, str]) -> Verdict:
    """The verdict over a context. `allowed` maps names of contexts to where they are allowed."""
    if context.name in allowed:
        return Verdict(True, f"allowed by name ({allowed[context.name]})")
    reason, fix = _against(context, evidence)
    return Verdict(not reason, reason or f"{evidence.product}: {evidence.record.source}", fix)


def judge_current(
    table_allow_contexts: Sequence[str], environ: Mapping[str, str] = os.environ, wanted: str | None = None
) -> tuple[KubeContext, Verdict]:
    """The context that kubectl would use now, or the one `wanted`, judged. Raises DevkitError (exit 4) when there is none."""
    home = home_folder(environ)
    context = current_context(environ, home, wanted)
    allowed = dict.fromkeys(table_allow_contexts, "allow_contexts in dev/services.yaml")
    if name := environ.get(ALLOW_VARIABLE):
        allowed.setdefault(name, ALLOW_VARIABLE)
    evidence = Evidence() if context.name in allowed else gather(context, environ, home)
    return context, judge(context, evidence, allowed)


def require_local(
    table_allow_contexts: Sequence[str], environ: Mapping[str, str] = os.environ, wanted: str | None = None
) -> KubeContext:
    """The context that kubectl would use now, or the one `wanted`, when devkit may change its cluster.

    Raises DevkitError: exit 4 when there is no kubeconfig or no such context, exit 5 when it is not provably local.
    """
    context, verdict = judge_current(table_allow_contexts, environ, wanted)
    if not verdict.local:
        raise DevkitError(
            f"context {context.name!r} is not provably a cluster of this machine: {verdict.reason}",
            fix=verdict.fix,
            exit_code=ExitCode.REFUSED,
        )
    return context


def _against(context: KubeContext, evidence: Evidence) -> tuple[str, str | None]:
    """What speaks against it, empty when nothing does, and the fix."""
    switch = "kubectl config use-context NAME, with NAME of a local cluster"
    allow = f"if it does run here: allow_contexts: [{context.name}] in dev/services.yaml, or {ALLOW_VARIABLE}={context.name}"
    endpoint = parse_server(context.server)
    if endpoint is None:
        return f"its cluster {context.cluster!r} has no usable server address", switch
    if context.proxy_url:
        return f"it is reached through a proxy ({_host(context.proxy_url)})", switch
    if context.exec_plugin:
        return f"it signs in with {context.exec_plugin}, which local products do not", switch
    if context.tls_server_name:
        return (
            f"its certificate is checked as {context.tls_server_name}, which local products do not need",
            switch,
        )
    place = f"{endpoint.host}:{endpoint.port}"
    if not endpoint.is_loopback:
        if endpoint.address is None:
            return f"its server {place} is a name, not an address of this machine", switch
        if not endpoint.is_private:
            return f"its server {place} is on the internet", switch
    return _unproved(context, endpoint, place, evidence), allow


def _unproved(context: KubeContext, endpoint: Endpoint, place: str, evidence: Evidence) -> str:
    """Why the evidence does not explain an address that could be this machine's; empty when it does."""
    record = evidence.record
    if evidence.product is None:
        return f"nothing on this machine explains {place} (cluster {context.cluster!r} is of no product that devkit knows)"
    if record.missing:
        return f"it claims to be {evidence.product}'s, but {record.missing}"
    if not any(spot.explains(endpoint) for spot in record.published):
        where = ", ".join(f"{spot.host}:{spot.port or '…'}" for spot in record.published)
        return f"it is at {place}, but {evidence.product}'s is at {where} ({record.source})"
    is_here = endpoint.is_loopback or any(endpoint.address in network for network in evidence.networks)
    return "" if is_here else f"its server {place} is in no network of this machine"


def _host(url: str) -> str:
    endpoint = parse_server(url)
    return f"{endpoint.host}:{endpoint.port}" if endpoint else "unreadable"
