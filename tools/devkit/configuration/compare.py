"""What the code reads against what the table gives: in both directions, service by service."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from devkit.checks.allows import Suspect
from devkit.configuration.declared import given_to, of_the_process
from devkit.configuration.files import SourceFile
from devkit.configuration.model import Read, Scan, SettingsClass
from devkit.configuration.names import is_secret_name
from devkit.model import WEBHOOK_ROUTES, Service, Table

__all__ = ["suspects_in_reads"]

_SETTINGS = "BaseSettings"


def suspects_in_reads(table: Table, scans: Sequence[tuple[SourceFile, Scan]]) -> Iterator[Suspect]:
    """Variables that code reads and its service does not get, that nobody reads, and that are read when a page is built."""
    fields = _settings_fields([each for _, scan in scans for each in scan.classes])
    brought = {name for _, scan in scans for name in scan.sets}
    read_by: dict[str, set[str]] = {}
    everybody = {name for service in table.services.values() for name in given_to(table, service)}
    for file, scan in scans:
        if not file.services:
            continue
        reads = [*scan.reads, *fields.get(scan.file, ())]
        pages = [service for service in file.services if service.type.environment.in_browser]
        mentions = scan.mentions if pages else []
        for service in file.services:
            read_by.setdefault(service.name, set()).update(read.name for read in (*reads, *mentions))
        gets = set().union(*(given_to(table, service) for service in file.services)) | brought
        for read in {each.name: each for each in reversed([*reads, *mentions])}.values():
            if read.at_build and pages:
                fix = "read it from /config.json when the page starts"
                yield Suspect("build-time", read.place, f"`{read.name}` is fixed when the page is built", fix)
            of_the_build = bool(pages) and read.name == "NODE_ENV"  # bundlers put it in
            if read.name not in gets and not of_the_process(read.name) and not of_the_build:
                yield _undeclared(table, file, read, everybody)
    yield from _unread(table, read_by)


def _undeclared(table: Table, file: SourceFile, read: Read, everybody: set[str]) -> Suspect:
    service = file.services[0].name if len(file.services) == 1 else "the service that reads it"
    message = f"`{read.name}` is read, and dev/services.yaml does not declare it"
    row = f"services.{service}" if len(file.services) == 1 else service
    if read.name in everybody:
        message = f"`{read.name}` is read, and {service} does not get it"
        fix = (
            f"name it in the `secrets` of {row}"
            if read.name in table.secrets
            else f"declare it in `env` of {row}, or name what it is made from in `needs` or `calls`"
        )
    elif is_secret_name(read.name):
        fix = f"declare `{read.name}` below `secrets:` in dev/services.yaml, and name it in the `secrets` of {row}"
    else:
        fix = f"declare `{read.name}` in `env` of {row} in dev/services.yaml, with its default and what it is for"
    if near := difflib.get_close_matches(read.name, sorted(everybody), 1, 0.85):
        fix += f"; or did you mean `{near[0]}`?" if near[0] != read.name else ""
    return Suspect("undeclared", read.place, message, fix)


def _unread(table: Table, read_by: Mapping[str, set[str]]) -> Iterator[Suspect]:
    """By the services whose code was read. WEBHOOK_ROUTES names variables, which are read by that."""
    for service in table.services.values():
        if service.name not in read_by:
            continue
        read = read_by[service.name] | _by_routes(service, read_by[service.name])
        for name, variable in service.env.items():
            if name not in read:
                message = f"{service.name} does not read `{name}`"
                yield Suspect("unread", variable.place, message, "delete it here, or read it")
        for name in service.secrets:
            if name not in read and name in table.secrets:
                message = f"{service.name} does not read the secret `{name}`"
                yield Suspect(
                    "unread", service.place, message, "take it out of the service's `secrets`, or read it"
                )
    everybody = set().union(*read_by.values()) if read_by else set()
    for name, variable in table.config.items():
        if read_by and name not in everybody:
            yield Suspect(
                "unread", variable.place, f"no service reads `{name}`", "delete it here, or read it"
            )


def _by_routes(service: Service, read: set[str]) -> set[str]:
    if WEBHOOK_ROUTES not in read:
        return set()
    return {name for hook in service.webhooks.values() for name in (hook.secret, hook.previous) if name}


def _settings_fields(classes: list[SettingsClass]) -> dict[str, list[Read]]:
    """By file, the variables that the fields of settings' classes are read from. Classes are found by their names."""
    settings: list[SettingsClass] = []
    names = {_SETTINGS}
    while added := [each for each in classes if each not in settings and names & set(each.bases)]:
        settings += added
        names |= {each.name for each in added}
    found: dict[str, list[Read]] = {}
    for each in settings:
        prefix = _prefix(each, settings, set())
        for name, place, exact in each.fields:
            found.setdefault(place.file, []).append(Read(name if exact else prefix + name, place))
    return found


def _prefix(of: SettingsClass, settings: list[SettingsClass], seen: set[str]) -> str:
    if of.prefix is not None or of.name in seen:
        return of.prefix or ""
    bases = [each for each in settings if each.name in of.bases and each is not of]
    return next((prefix for base in bases if (prefix := _prefix(base, settings, seen | {of.name}))), "")
