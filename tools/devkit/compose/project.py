"""A Compose project, read as `docker compose config` reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.compose.build_fields import DEPLOY
from devkit.compose.consistency import inconsistencies
from devkit.compose.environment import forget_secrets, load_env_files, load_label_files
from devkit.compose.kinds import Fields
from devkit.compose.model import ComposeError, Node, Plain, Source, Variable, derived, fail, split_path
from devkit.compose.naming import NAME_VARIABLE, project_name
from devkit.compose.normalize import normalize
from devkit.compose.printing import as_json
from devkit.compose.project_fields import PROJECT
from devkit.compose.reading import Reader
from devkit.compose.service_fields import SERVICE
from devkit.compose.start import Start
from devkit.compose.used import by_name, only_used
from devkit.compose.variables import Variables
from devkit.findings.model import Finding, Place
from devkit.findings.text import render_text

__all__ = ["Project", "load_project", "read_project"]


@dataclass(frozen=True)
class Project:
    """What the files say together.

    `tree` is what `docker compose config` prints, each value with its origin; `disabled` are the services of profiles that are
    not enabled, by name; `model` is the whole before Compose prints it: extensions (`x-…`) and unused volumes and networks are
    in it. `files` are all files that were read, `variables` what they were read with.
    """

    name: str
    folder: Path
    tree: Node
    disabled: Mapping[str, Node]
    model: Node
    files: tuple[Path, ...]
    variables: Variables
    interpolated: bool = True
    warnings: tuple[Finding, ...] = field(default=())

    @property
    def services(self) -> Mapping[str, Node]:
        """The enabled services, by name."""
        found = self.tree.get("services")
        return found.mapping if found is not None else {}

    def data(self) -> Plain:
        """The project as plain data."""
        return self.tree.plain()

    def json(self) -> str:
        """What `docker compose config --format json` prints."""
        return as_json(self.tree, escape_dollars=self.interpolated)

    def find(self, path: str) -> Node | None:
        """The value at `services.web.ports.0.target`; None where there is none. A name with dots may be written in brackets:
        `services.web.labels[traefik.enable]`."""
        return self.tree.at(split_path(path))

    def place(self, path: str) -> Place | None:
        """Where the value at a path was written, or the nearest thing around it. None where there is no such value."""
        node = self.find(path)
        return node.place if node else None


def read_project(
    files: Sequence[str | Path] = (),
    *,
    environment: Mapping[str, str] | None = None,
    env_files: Sequence[str | Path] = (),
    profiles: Sequence[str] = (),
    project_directory: str | Path | None = None,
    name: str | None = None,
    interpolate: bool = True,
    working_directory: Path | None = None,
) -> Project:
    """`load_project`, for who cannot go on without one. Raises DevkitError (exit 2) with all findings."""
    project, findings = load_project(
        files, environment=environment, env_files=env_files, profiles=profiles, project_directory=project_directory, name=name,
        interpolate=interpolate, working_directory=working_directory,
    )  # fmt: skip
    if project is None:
        raise DevkitError(render_text(findings), exit_code=ExitCode.USAGE)
    return project


def load_project(
    files: Sequence[str | Path] = (),
    *,
    environment: Mapping[str, str] | None = None,
    env_files: Sequence[str | Path] = (),
    profiles: Sequence[str] = (),
    project_directory: str | Path | None = None,
    name: str | None = None,
    interpolate: bool = True,
    working_directory: Path | None = None,
) -> tuple[Project | None, list[Finding]]:
    """Reads Compose files, each over those before it; without any, those that Compose finds itself.

    `environment` (default: the process's), `env_files`, `profiles`, `project_directory` and `name` are the shell's variables and
    Compose's options of these names. Relative paths start at `working_directory` (default: the current one).
    `interpolate=False` leaves variables as they are written, as `config --no-interpolate` does.

    Returns the project and warnings, or None and why Compose would refuse it.
    """
    here = (working_directory or Path.cwd()).absolute()
    given = os.environ if environment is None else environment
    reader = Reader(here, interpolated=interpolate)
    try:
        start = Start.of(reader, [str(file) for file in files], dict(given), env_files, project_directory)
        project = _read(reader, start, list(profiles), name)
    except ComposeError as failure:
        return None, [*failure.findings, *reader.warnings]
    return project, list(project.warnings)


def _read(reader: Reader, start: Start, profiles: list[str], name: str | None) -> Project:
    for file in start.files:
        if not Path(file).is_file():
            fail(
                "no-such-file",
                "does not exist",
                Place(reader.shown(file)),
                "is its name right? Compose files are named with -f",
            )
    variables = start.variables
    if not profiles:
        profiles = [word.strip() for word in (variables.value("COMPOSE_PROFILES") or "").split(",")]
    chosen = project_name(reader, start, name)
    if not reader.interpolated:
        variables = Variables()  # so that `- NAME` stays as it is too
    variables = variables.with_value(Variable(NAME_VARIABLE, chosen, Source.DEFAULT))
    model = reader.read(start.files, start.folder, start.folder, variables)
    forget_secrets(model)
    if not model.mapping:
        fail("empty", "has nothing in it", Place(reader.shown(start.files[0])), "begin with `services:`")
    if not chosen:
        fail(
            "no-name",
            "the project has no name",
            Place(reader.shown(start.files[0])),
            "add `name: …`, or give --name",
        )
    model.mapping["name"] = _named(model, chosen)
    normalize(model, chosen, variables)
    return _finish(reader, model, Path(start.folder), profiles, variables)


def _named(model: Node, chosen: str) -> Node:
    known = model.mapping.get("name")
    return Node(chosen, known.origin, known.key) if known else derived(chosen, model, "the project's name")


def _finish(reader: Reader, model: Node, folder: Path, profiles: list[str], variables: Variables) -> Project:
    if not reader.interpolated:
        return _unfinished(reader, model, folder, variables)
    written = PROJECT.write(model)
    assert written is not None
    services = written.mapping.setdefault("services", derived({}, model)).mapping
    enabled = {name: node for name, node in services.items() if _is_enabled(node, profiles)}
    disabled = {name: node for name, node in services.items() if name not in enabled}
    if found := inconsistencies(written, enabled, disabled):
        raise ComposeError(found)
    for name, service in enabled.items():
        source = model.mapping["services"].mapping[name]
        _replace(
            service,
            "environment",
            load_env_files(source, service.get("environment"), variables, reader.shown),
        )
        _replace(service, "labels", load_label_files(source, service.get("labels"), reader.shown))
        scale, deploy = service.get("scale"), service.get("deploy")
        if scale is not None and deploy is not None:
            deploy.mapping["replicas"] = derived(scale.value, scale)
            _sort(deploy, DEPLOY)
        _sort(service, SERVICE)
    tree = only_used(written, {name: enabled[name] for name in sorted(enabled)}, model)
    return Project(
        str(model.mapping["name"].value), folder, tree, disabled, model, tuple(reader.files), variables, True,
        tuple(dict.fromkeys(reader.warnings)),
    )  # fmt: skip


def _unfinished(reader: Reader, model: Node, folder: Path, variables: Variables) -> Project:
    """The project with its variables as they are written: they may stand for anything, so that no value is judged, and no
    service is left out."""
    return Project(
        str(model.mapping["name"].value), folder, by_name(model), {}, model, tuple(reader.files), variables, False,
        tuple(dict.fromkeys(reader.warnings)),
    )  # fmt: skip


def _is_enabled(service: Node, profiles: list[str]) -> bool:
    own = service.get("profiles")
    if own is None:
        return True
    return "*" in profiles or any(item.value in profiles for item in own.items)


def _replace(service: Node, name: str, node: Node | None) -> None:
    if node is not None:
        service.mapping[name] = node


def _sort(node: Node, fields: Fields) -> None:
    """Fields in the order in which Compose prints them."""
    order = {name: index for index, name in enumerate(fields.known)}
    node.value = dict(sorted(node.mapping.items(), key=lambda entry: order[entry[0]]))
