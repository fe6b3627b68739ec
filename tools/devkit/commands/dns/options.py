"""Which names are asked about, whom, and for how long."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import dns.name
import typer

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.compose.options import ProjectOptions
from devkit.compose.hosts import hosts
from devkit.dns.names import DNS_PORT, parse_address, parse_name, parse_server, shown
from devkit.dns.survey import Questions
from devkit.table.load import read_table

__all__ = [
    "AskOptions", "IssuerOption", "NameOptions", "Subject", "TtlOption", "checked_issuer", "checked_ttl",
]  # fmt: skip

TtlOption = Annotated[int, typer.Option(metavar="SECONDS", help="The longest TTL that is allowed.")]
IssuerOption = Annotated[
    str,
    typer.Option(metavar="NAME", help="The authority that issues the certificates, as CAA records name it."),
]


@dataclass(frozen=True)
class Subject:
    """The names, and the addresses that they are to lead to (none: not known), with who says so; `variable` is the one in the
    stack that has the address."""

    names: tuple[dns.name.Name, ...]
    expected: frozenset[str] = frozenset()
    because: str = ""
    variable: str = ""


@dataclass(frozen=True)
class NameOptions:
    """The names: those that are typed, else the staging stack's."""

    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]…",
            help="Host names. Default: those in the rules of the staging stack's proxy (Traefik).",
        ),
    ] = None
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="NAME", help="A name more than the stack's; again for more."),
    ] = None
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="The stack's Compose file. Default: the table's staging stack.",
        ),
    ] = None
    env_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--env-file", metavar="FILE", help="Its variables. Default: .env beside it, else .env.example."
        ),
    ] = None

    def subject(self) -> Subject:
        """Raises DevkitError (exit 2) for a name that is none, a stack that cannot be read, or one without names."""
        if self.names:
            return Subject(_unique([*self.names, *(self.also or [])]))
        form, variable = self._stack()
        project = form.with_example().load()
        found = hosts(project)
        if not found and not self.also:
            raise DevkitError(
                f"no rule of Traefik's in {project.folder} names a host",
                fix="name them: ./devkit dns audit www.example.com", exit_code=ExitCode.USAGE,
            )  # fmt: skip
        names = _unique([*sorted(found), *(self.also or [])])
        say(f"devkit: {len(names)} names: {', '.join(map(shown, names))}")
        address = (project.variables.value(variable) or "").strip() if variable else ""
        if not address:
            return Subject(names, variable=variable)
        return Subject(names, frozenset([parse_address(address, variable)]), variable, variable)

    def _stack(self) -> tuple[ProjectOptions, str]:
        """Where the stack is, and the variable with its address."""
        form = ProjectOptions(files=self.files, env_files=self.env_files)
        root = project_root()
        staging = read_table(table_file(root)).staging
        if self.files or staging is None:
            return form, staging.address if staging is not None else ""
        folder = Path(os.path.relpath(root / staging.folder))
        return replace(form, project_directory=folder), staging.address


@dataclass(frozen=True)
class AskOptions:
    """Whom to ask, and for how long."""

    servers: Annotated[
        list[str] | None,
        typer.Option(
            "--server", metavar="ADDRESS[:PORT]",
            help="Ask this name server in place of those that the zone names; again for more.",
        ),
    ] = None  # fmt: skip
    resolvers: Annotated[
        list[str] | None,
        typer.Option(
            "--resolver",
            metavar="ADDRESS[:PORT]",
            help="By whom name servers are found. Default: this machine's own.",
        ),
    ] = None
    port: Annotated[int, typer.Option(metavar="N", help="Port of the name servers.")] = DNS_PORT
    timeout: Annotated[float, typer.Option(help="For one answer; each question is sent twice.")] = 2.0
    deadline: Annotated[float, typer.Option(help="For everything; what is not known by then says so.")] = 60.0
    https_port: Annotated[
        int, typer.Option("--https-port", metavar="N", help="Where certificates are asked for.")
    ] = 443
    cacert: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="More authorities to trust, in PEM form (SSL_CERT_FILE replaces the system's).",
        ),
    ] = None

    def questions(self) -> Questions:
        """Raises DevkitError (exit 2) for what is no address, port or time."""
        for option, number in (("--port", self.port), ("--https-port", self.https_port)):
            if not 0 < number < 65536:
                raise _usage(f"{option}: {number} is not a port", "ports are 1 to 65535")
        for option, seconds in (("--timeout", self.timeout), ("--deadline", self.deadline)):
            if not (math.isfinite(seconds) and seconds > 0):
                raise _usage(f"{option}: {seconds:g} is not a time", "give a number of seconds above 0")
        return Questions(
            servers=tuple(dict.fromkeys(parse_server(each, "--server", self.port) for each in self.servers or ())),
            resolvers=tuple(parse_server(each, "--resolver") for each in self.resolvers or ()),
            port=self.port, timeout=self.timeout, deadline=self.deadline,
            https_port=self.https_port, cacert=str(self.cacert) if self.cacert else None,
        )  # fmt: skip

    def arguments(self) -> list[str]:
        """The same options again, as they are typed; those that are as usual are left out."""
        usual = AskOptions()
        given = [("--server", each) for each in self.servers or ()]
        given += [("--resolver", each) for each in self.resolvers or ()]
        if self.port != usual.port:
            given.append(("--port", str(self.port)))
        if self.https_port != usual.https_port:
            given.append(("--https-port", str(self.https_port)))
        if self.cacert is not None:
            given.append(("--cacert", str(self.cacert)))
        return [word for pair in given for word in pair]


def checked_ttl(ttl: int) -> int:
    """Raises DevkitError (exit 2) for what is no TTL."""
    if not 0 <= ttl < 2**31:
        raise _usage(f"--ttl: {ttl} is not a TTL", "give a number of seconds, such as 60")
    return ttl


def checked_issuer(issuer: str) -> str:
    """As it is compared. Raises DevkitError (exit 2) for what is no name of an authority."""
    name = issuer.strip().lower().rstrip(".")
    if not name or "/" in name or " " in name:
        raise _usage(f"--issuer: {issuer!r} is not a name as CAA records have it", "such as letsencrypt.org")
    return name


def _unique(names: Sequence[str]) -> tuple[dns.name.Name, ...]:
    return tuple(dict.fromkeys(map(parse_name, names)))


def _usage(message: str, fix: str) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
