"""`devkit mesh`: the service mesh, installed and taken away by Helm."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.locks import held
from devkit.base.paths import project_root, state_dir, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.cluster.client import connect_local
from devkit.commands.options import ReportOptions
from devkit.commands.spread import spread
from devkit.mesh.helm import Helm
from devkit.mesh.install import install
from devkit.mesh.status import mesh_report
from devkit.mesh.uninstall import uninstall
from devkit.mesh.wanted import Wanted
from devkit.model import MeshRelease, Table
from devkit.table.load import read_table
from devkit.table.overrides import parse_overrides, read_config
from devkit.table.words import closest, listed

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Install, look at or remove the service mesh (Helm; docs/mesh.md).",
)

NameArgument = Annotated[
    str | None,
    typer.Argument(metavar="[MESH]", help="Which of the table's meshes. Default: tilt_config.json's."),
]


@app.command("install")
def install_command(
    name: NameArgument = None,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A chart's .tgz or folder, in place of the repository's."),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(min=1, max=3600, metavar="SECONDS", help="Seconds to wait until everything is ready."),
    ] = None,
) -> int:
    """Install the mesh, or bring it up to what the table says, and wait until it is ready. Does nothing when it is.

    It is whole or not there: what fails, or is interrupted, is taken back.
    """
    root = project_root()
    table = _table(root)
    name, release = _chosen(table, name)
    if chart is not None and not chart.exists():
        raise DevkitError(f"--chart {chart}: there is no such file", exit_code=ExitCode.USAGE)
    values = root / release.values if release.values else None
    wanted = Wanted(release, chart.resolve() if chart else None, values, timeout or release.timeout)
    cluster = connect_local(table.allow_contexts)
    helm = Helm(cluster.context)
    with terminated_as_interrupted(), _one_at_a_time(root), Progress("looking at the cluster") as progress:
        done = install(cluster, helm, wanted, lambda line: progress.note(f"devkit: {line}"), progress.say)
    say(f"devkit: {done}")
    if table.mesh != name:
        say(f'devkit: no service calls through it yet; that is "mesh": "{name}" in tilt_config.json')
    return ExitCode.OK


@app.command("status")
@spread
def status_command(
    name: NameArgument = None,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Whether the mesh is installed, ready, known to the cluster's DNS, and used. Exit 1 when it should be and is not."""
    table = _table(project_root())
    name, _ = _chosen(table, name)
    cluster = connect_local(table.allow_contexts)
    report = mesh_report(cluster, Helm(cluster.context), table, name)
    return form.show(report, verbose=True)


@app.command("uninstall")
def uninstall_command(
    name: NameArgument = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Remove the mesh with everything it left: its names in CoreDNS, its custom resource definitions, its Services."""
    root = project_root()
    table = _table(root)
    name, release = _chosen(table, name)
    cluster = connect_local(table.allow_contexts)
    helm = Helm(cluster.context)
    if not yes and not ask(f"Remove the mesh {name} from the cluster of context {cluster.context.name}?"):
        raise DevkitError("nothing was removed", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
    with terminated_as_interrupted(), _one_at_a_time(root), Progress(f"removing {release.release}"):
        gone = uninstall(cluster, helm, release)
    say(
        "".join(f"devkit: removed {line}\n" for line in gone).strip() or "devkit: there was nothing to remove"
    )
    if table.mesh == name:
        say(f'devkit: services still call through it until "mesh": "{name}" is out of tilt_config.json')
    return ExitCode.OK


def _one_at_a_time(root: Path) -> AbstractContextManager[None]:
    """In a clone, so that a release that is half done is known to be nobody's."""
    fix = "wait until it is done; Tilt's mesh-install may be it"
    return held(
        state_dir(root) / "mesh.lock", lambda: DevkitError("another `devkit mesh` is running", fix=fix)
    )


def _table(root: Path) -> Table:
    """With the mesh that tilt_config.json chooses."""
    table = read_table(table_file(root))
    return replace(table, mesh=parse_overrides(table, *read_config(root)).mesh)


def _chosen(table: Table, name: str | None) -> tuple[str, MeshRelease]:
    """The mesh that is meant, and its release. Raises DevkitError (exit 2) when there is none that Helm installs."""
    if not table.meshes:
        raise DevkitError(
            "the table has no mesh",
            fix=f"`meshes:` in {table.file} (docs/mesh.md)",
            exit_code=ExitCode.USAGE,
        )
    if name is None:
        by_helm = [each for each, release in table.meshes.items() if release is not None]
        name = table.mesh if table.mesh != "none" else (by_helm or list(table.meshes))[0]
    if name not in table.meshes:
        near = closest(name, table.meshes)
        raise DevkitError(
            f"the table has no mesh {name!r}",
            fix=f"did you mean {near!r}?" if near else f"it has {listed(table.meshes)}",
            exit_code=ExitCode.USAGE,
        )
    release = table.meshes[name]
    if release is None:
        raise DevkitError(
            f"devkit does not install {name}; it marks the services for it",
            fix="install it with its own tools, then choose it in tilt_config.json: docs/mesh.md",
            exit_code=ExitCode.USAGE,
        )
    return name, release
