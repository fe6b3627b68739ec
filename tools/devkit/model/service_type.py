"""What a service type says of itself: one object, in one folder under `devkit/types`.

Everything in which types differ is here, as data or as a function that returns data. Engines, renderers, rules, doctor
and verify read it; none of them asks which type a service is. A field without a default must be given, so mypy names
what a new type lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from devserve.process import Preparation, Process

from devkit.model.local import Absent, LocalSite

if TYPE_CHECKING:
    from devkit.model.service import Service
    from devkit.model.table import Table

__all__ = [
    "Build", "Card", "Connection", "Container", "Environment", "Keys", "Launch", "Measured", "Mistake", "ProjectCheck",
    "Scaffold", "ServiceType", "Verification", "VerifySite",
]  # fmt: skip


class Card(Enum):
    """The shape of a service in the platform's picture."""

    SERVICE = "service"
    PAGE = "page"
    IMAGE = "image"
    STORE = "store"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a row of the table: `path` is the key below the service, `at_key` puts the finding at the key
    itself and not at its value."""

    id: str
    message: str
    fix: str
    path: tuple[str | int, ...]
    at_key: bool = False


def _no_mistakes(_service: Service, _table: Table) -> Iterable[Mistake]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The type's part of the table's schema.

    `takes` names keys that the schema describes already (all types take type, port, about, resources, dev_resources,
    development_only, one_copy and enabled); `specific` describes keys of this type alone, each by its JSON schema, found in
    `Service.options`. `folder`: it is built from a folder, `apps/<name>` by default. `defaults` gives values of these
    by the service's name. `secrets` and `quantities` are those that name a secret or hold a Kubernetes quantity.
    `rules` finds what the schema cannot say.
    """

    takes: tuple[str, ...]
    required: tuple[str, ...] = ()
    specific: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    folder: bool = False
    defaults: Callable[[str], Mapping[str, str | bool]] = lambda _: {}
    secrets: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    rules: Callable[[Service, Table], Iterable[Mistake]] = _no_mistakes


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The URL under which others reach a server: `variable` is made by devkit, and is a secret.

    `url` takes the service, `host:port` and the secrets known so far; None while one that it needs is not known.
    `external` says what replaces the server when the secrets name another URL.
    """

    variable: str
    about: str
    url: Callable[[Service, str, Mapping[str, str]], str | None]
    external: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a service's environment holds beside its own `env` and `secrets`.

    `configured`: the shared variables, `<NAME>_URL` for each of its `calls`, and the connection URLs of what it `needs`.
    `port_variable` is the variable with the port it must listen on, empty: none; `reserved` are others that its image or
    manifest sets, which the table therefore must not.
    `in_browser`: it runs in browsers, so that its `public` variables are calls.
    """

    configured: bool = False
    port_variable: str = ""
    reserved: tuple[str, ...] = ()
    connection: Connection | None = None
    in_browser: bool = False


@dataclass(frozen=True, kw_only=True)
class Build:
    """How an image is built for development: `only` is all that a build may read, `sync` the folders and files whose
    changes reach the running container under /app without a build. All are relative to the clone.

    `dockerfile` is a file of the clone; a Path is the type's own, which the plan carries with the `files` beside it that it
    copies. `args` are build arguments beside SERVICE (the name) and FOLDER (its folder).
    """

    dockerfile: str | Path
    only: tuple[str, ...]
    sync: tuple[str, ...]
    target: str = "dev"
    args: Mapping[str, str] = field(default_factory=dict)


def _named_image(service: Service, prefix: str) -> str:
    return service.image or f"{prefix}-{service.name}"


@dataclass(frozen=True, kw_only=True)
class Container:
    """The service on Kubernetes.

    `manifest` is a template in the type's folder; `values` are given to it beside the service.
    `port` is the one that the image listens on, 0: the table's. `waits_for_calls`: it starts after what it calls.
    `debug_signals`: its first process makes the service wait for a debugger at SIGUSR1, and not any more at SIGUSR2.
    `migrates`: its image has Python and can run the platform's Alembic migrations. `volume`: it claims one. `devserve`:
    devserve runs the service there, and can be asked who debugs it. `look_up` makes the command that resolves and
    connects names in its container, from (name, address, port or None) each; it prints a JSON list of what is wrong.
    `alive` makes the command that asks a URL with what the production image has, and fails unless that answers; None: the
    image has nothing to ask with.
    """

    manifest: str
    values: Callable[[Service], Mapping[str, object]] = lambda _: {}
    port_name: str = "http"
    port: int = 0
    image: Callable[[Service, str], str] = _named_image
    build: Callable[[Service], Build] | None = None
    waits_for_calls: bool = False
    debug_signals: bool = False
    migrates: bool = False
    volume: bool = False
    devserve: bool = False
    look_up: Callable[[list[tuple[str, str, int | None]]], tuple[str, ...]] | None = None
    alive: Callable[[str], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Launch:
    """An entry of launch.json: its name and its keys. `attaches`: it belongs to `Attach: all services`."""

    name: str
    keys: Mapping[str, Any]
    attaches: bool = False


class VerifySite(Protocol):
    """The running platform, as `verify` hands it to a type."""

    @property
    def root(self) -> Path: ...
    @property
    def secrets(self) -> Mapping[str, str]: ...
    def port(self, name: str) -> int: ...
    def debug_port(self, name: str) -> int | None: ...
    def url(self, name: str) -> str: ...


class Edit(Protocol):
    """Whether a file that was changed for a check was restored."""

    put_back: bool


Edited = Callable[[str], AbstractContextManager[Edit]]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """How `verify` asks a service. Functions return what they saw and raise `devkit.checks.Problem` or `Skipped`.

    `ask` speaks the service's own protocol, of which `speaks` tells in a few words. `debugger` asks its debug port.
    `source` is the file whose change starts a new process, which the live probe's `started` tells; such a service is
    restarted, too. `announces` is for one that tells of changes itself: it changes a file by the given context manager
    (a path relative to the clone) and waits for the news.
    """

    speaks: str
    ask: Callable[[VerifySite, Service], str]
    debugger: Callable[[VerifySite, Service], str] | None = None
    source: Callable[[Service], str] | None = None
    announces: Callable[[VerifySite, Service, Edited], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How measured use is read: whether staging runs the same program, and whether a reload starts the new process before
    the old one has ended."""

    same_in_staging: bool = True
    reload_overlaps: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectCheck:
    """A step of `devkit test`: a command in a folder of the clone, without which there is no such step. `programs` must be
    on PATH; `prepare` takes the clone, and so does `lacks`, which says what else it needs and has not there."""

    name: str
    command: tuple[str, ...]
    folder: str
    programs: tuple[str, ...] = ()
    prepare: Callable[[Path], Preparation | None] = lambda _: None
    lacks: Callable[[Path], str | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Scaffold:
    """What `devkit new service` makes.

    `files` is a folder that mirrors the clone. In names and, in files that end in `.j2` (Jinja), in texts stand for the
    new service: `name` (stock-service), `module` (stock_service), `title` (Stock Service), `port`, `debug_port`; in
    names of files and folders they are written `__name__`, `__module__`. `row` is the table's row beside type, about and
    ports. `code` is the file to begin with, with the same `__name__` in it. `debug`: it gets a debug port.
    """

    files: Path
    row: Mapping[str, Any]
    code: str
    debug: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class ServiceType:
    """One type of service. `name` is the table's word for it, `about` a few words on what it is, `group` what it is shown
    under (infra, backend, frontend, tools), `folder` its own, with its templates.

    `speaks_http`: others can call it. `takes_webhooks`: another may hand it a webhook. `local` is its process on the
    local engine, which it knows at all if `runs_locally`; `runs_on` names programs of this machine that it needs there. `sources` are folders in which an editor
    finds its Python modules, `extensions` those of VS Code that its `launch` entries need. `launch` takes what an entry has
    for the service's debug port: a variable that the editor replaces. `one_copy` is why no service of the type has a second copy.
    """

    name: str
    about: str
    group: str
    card: Card
    folder: Path
    keys: Keys
    speaks_http: bool
    environment: Environment
    container: Container
    local: Callable[[Service, LocalSite], Process | Absent]
    verification: Verification
    takes_webhooks: bool = False
    runs_locally: bool = True
    runs_on: tuple[str, ...] = ()
    launch: Callable[[Service, str], tuple[Launch, ...]] = lambda _service, _port: ()
    extensions: tuple[str, ...] = ()
    sources: Callable[[Service], tuple[str, ...]] = lambda _: ()
    measured: Measured = Measured()
    checks: Callable[[Service], tuple[ProjectCheck, ...]] = lambda _: ()
    scaffold: Scaffold | None = None
    one_copy: str = ""
