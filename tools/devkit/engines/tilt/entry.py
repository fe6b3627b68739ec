"""Tilt's entry in the registry. Light: the cluster's client is imported when a cluster is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devkit.base.console import warn
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.base.proc import find_program
from devkit.engines.protocol import Engine, EngineEntry, Plan, Suitability
from devkit.model import Table

__all__ = ["TILT"]


def _make(root: Path) -> Engine:
    from devkit.engines.tilt.engine import TiltEngine

    return TiltEngine(root)


def _runs(root: Path) -> bool:
    """Whether a cluster that devkit may touch has the namespace. No cluster is not an error here, and neither is a broken
    table: what the namespace is called is then unknown, and only a Tilt that runs this clone tells."""
    from devkit.cluster.guard import require_local
    from devkit.engines.tilt.program import runs_here
    from devkit.table.load import load_table, mistakes_note

    table, mistakes = load_table(table_file(root))
    if table is None:
        if runs_here(root):
            return True
        warn(mistakes_note(mistakes, "no cluster is looked at"))
        return False
    try:
        context = require_local(table.allow_contexts)
        # Only now: the client takes as long to import as everything else together.
        from devkit.cluster.client import connect
        from devkit.cluster.namespace import namespace_exists

        return namespace_exists(connect(context), table.namespace)
    except DevkitError:
        return False


def _suits(root: Path) -> Suitability:
    """Where it is installed and a local cluster answers."""
    from devkit.engines.tilt.program import find_tilt
    from devkit.table.load import read_table

    if find_tilt() is None:
        return Suitability(False, "tilt is not installed")
    from devkit.cluster.client import connect
    from devkit.cluster.guard import judge_current

    try:
        context, verdict = judge_current(read_table(table_file(root)).allow_contexts)
        if not verdict.local:
            reason = f"context {context.name} is not provably on this machine: {verdict.reason}"
            return Suitability(False, reason)
        connect(context).get("/version")
    except DevkitError as problem:
        return Suitability(False, f"no local cluster answers: {problem.message}")
    why = f"tilt is installed and context {context.name} is on this machine ({verdict.reason})"
    return Suitability(True, why)


def _installed(environ: Mapping[str, str]) -> bool:
    return find_program("tilt", environ) is not None


def _plan(root: Path, table: Table) -> Plan:
    from devkit.render.adjust import adjust
    from devkit.table.overrides import parse_overrides, read_config

    overrides = parse_overrides(table, *read_config(root))
    adjusted = adjust(table, overrides)
    services = {name: s for name, s in adjusted.table.services.items() if name in adjusted.running}
    return Plan(
        services, overrides.port_offset, lambda offset: f'"port_offset": "{offset}" in tilt_config.json'
    )


TILT = EngineEntry(
    name="tilt",
    title="Kubernetes",
    make=_make,
    runs=_runs,
    suits=_suits,
    installed=_installed,
    plan=_plan,
    in_cluster=True,
)
