"""`devkit plan`: the table as a Tiltfile needs it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.base.clone import CLONE_VARIABLE, CopiedState, bind_clone
from devkit.base.console import emit, warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import devkit_program, project_root, table_file
from devkit.base.users import home_folder

if TYPE_CHECKING:
    from devkit.cluster.kubeconfig import KubeContext
    from devkit.model import Table
    from devkit.render.claim import Claim


def run(
    context: Annotated[
        str | None,
        typer.Option(
            help="Refuse unless this kubeconfig context is a cluster on this machine (the Tiltfile's call)."
        ),
    ] = None,
    overrides: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="These settings instead of tilt_config.json's (`tilt up` with arguments)."
        ),
    ] = None,
) -> None:
    """Print what a Tiltfile needs to know, as JSON (version 1): dev/services.yaml with tilt_config.json laid over it.

    Writes nothing but, for a Tiltfile, this clone's id where it has none.
    """  # fmt: skip
    from devkit.render.build_secrets import build_secrets
    from devkit.render.plan import STUB, plan_document
    from devkit.table.load import read_table
    from devkit.table.overrides import parse_overrides, read_config

    root = project_root()
    table = read_table(table_file(root))
    judged = None
    if context is not None:
        from devkit.cluster.guard import require_local

        judged = require_local(table.allow_contexts, wanted=context)
    values, spots = read_config(root)
    given = spots if overrides is None else None
    if overrides is not None:
        try:
            values = json.loads(overrides)
        except ValueError as problem:
            raise DevkitError(f"--overrides is not JSON: {problem}", exit_code=ExitCode.USAGE) from None
    chosen = parse_overrides(table, values, given)
    claim = _claim(root, table, judged) if judged else None
    plan = plan_document(
        table, chosen, _committed(root), build_secrets(os.environ, home_folder()), devkit_program(root), claim
    )
    if context is not None:
        _refuse_missing_dockerfiles(root, table, plan["resources"])
    parts = (*plan["manifests"], *plan["resources"])
    inline = [
        part["path"]
        for part in parts
        if "yaml" in part and part.get("stale", True) and part.get("name") != STUB
    ]
    if inline and not values:
        shown = ", ".join(inline) if len(inline) < 4 else f"{inline[0]} and {len(inline) - 1} more"
        warn(f"{shown}: not what {table.file} says, so the plan carries it", "./devkit generate")
    emit(json.dumps({**plan, "overrides": values}, indent=2, ensure_ascii=False))


def _claim(root: Path, table: Table, context: KubeContext) -> Claim | None:
    """What says that the namespace is this clone's; None in one that cannot be written, where no id can be kept.

    Raises DevkitError (exit 5) when the namespace, or `.devkit/`, is another clone's.
    """
    from devkit.cluster.ownership import claims, refuse_anothers_namespace
    from devkit.render.claim import Claim

    refuse_anothers_namespace(root, table, context)
    try:
        clone = bind_clone(root)
    except CopiedState:
        raise
    except (DevkitError, OSError):
        return None
    return Claim(claims(clone), {CLONE_VARIABLE: clone.mark})


def _refuse_missing_dockerfiles(root: Path, table: Table, parts: Sequence[Mapping[str, Any]]) -> None:
    """Raises DevkitError (exit 2) for a service whose image is built from a file that is not here: Tilt would not say whose."""
    for part in parts:
        file = part.get("build", {}).get("dockerfile")
        if file is not None and not (root / file).is_file():
            raise DevkitError(
                f"{table.services[part['name']].place}: `{part['name']}` is built from {file}, which is not a file",
                fix="name its Dockerfile with `dockerfile:` in its row, or create that one",
                exit_code=ExitCode.USAGE,
            )


def _committed(root: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    return read
