"""Which engine: the one that runs, or the one that `up` should take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devkit.base.console import warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.engines.local.control import is_running
from devkit.engines.protocol import Engine
from devkit.engines.target import WebhookTarget

__all__ = ["NAMES", "Choice", "active_engine", "choose", "named_engine", "webhook_target"]


@dataclass(frozen=True)
class Choice:
    """An engine's name, and why it was taken."""

    name: str
    reason: str


def _local(root: Path) -> Engine:
    from devkit.engines.local.adapter import LocalEngine

    return LocalEngine(root)


def _tilt(root: Path) -> Engine:
    from devkit.engines.tilt.engine import TiltEngine

    return TiltEngine(root)


_MAKERS: dict[str, Callable[[Path], Engine]] = {"local": _local, "tilt": _tilt}
NAMES = tuple(_MAKERS)


def named_engine(root: Path, name: str) -> Engine:
    """The engine of a name. Raises: DevkitError (exit 2) for another."""
    if name not in _MAKERS:
        raise DevkitError(
            f"no engine {name!r}", hint=f"engines: {', '.join(NAMES)}", exit_code=ExitCode.USAGE
        )
    return _MAKERS[name](root)


def active_engine(root: Path, wanted: str | None = None) -> Engine:
    """The engine that runs this clone's platform; the local one when none does, which then says so itself."""
    if wanted is not None:
        return named_engine(root, wanted)
    if not is_running(root) and _in_cluster(root):
        return named_engine(root, "tilt")
    return named_engine(root, "local")


@contextmanager
def webhook_target(root: Path, provider: str, wanted: str | None = None) -> Iterator[WebhookTarget]:
    """Where a provider's webhooks go: to the platform that runs, or would."""
    if active_engine(root, wanted).name == "tilt":
        from devkit.engines.tilt.target import cluster_webhook_target

        with cluster_webhook_target(root, provider) as target:
            yield target
    else:
        from devkit.engines.local.target import webhook_target as local_target

        yield local_target(root, provider)


def _in_cluster(root: Path) -> bool:
    """Whether a cluster that devkit may touch has the namespace. No cluster is no error here, and neither is a broken
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


def choose(root: Path) -> Choice:
    """What `up` runs on: Tilt when it is installed and a local cluster answers, else this machine's processes."""
    from devkit.engines.tilt.program import find_tilt
    from devkit.table.load import read_table

    if is_running(root):
        return Choice("local", "it runs already")
    if find_tilt() is None:
        return Choice("local", "tilt is not installed")
    from devkit.cluster.client import connect
    from devkit.cluster.guard import judge_current

    try:
        context, verdict = judge_current(read_table(table_file(root)).allow_contexts)
        if not verdict.local:
            return Choice(
                "local", f"context {context.name} is not provably on this machine: {verdict.reason}"
            )
        connect(context).get("/version")
    except DevkitError as problem:
        return Choice("local", f"no local cluster answers: {problem.message}")
    return Choice(
        "tilt", f"tilt is installed and context {context.name} is on this machine ({verdict.reason})"
    )
