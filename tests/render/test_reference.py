"""The configuration reference: every variable with its service, purpose, default, sensitivity, example and place."""

from __future__ import annotations

import re
from dataclasses import replace

from devkit.model import Table
from devkit.render.environment import connections, in_cluster, secret_names
from devkit.render.reference import configuration_reference

COLUMNS = [
    "Variable",
    "Service",
    "Purpose",
    "Default (development)",
    "Staging",
    "Example",
    "Sensitive",
    "Place",
]
_CELLS = re.compile(r"(?<!\\)\|")


def rows(table: Table) -> list[dict[str, str]]:
    """Each row of the reference's tables of variables, by column."""
    found = []
    for line in configuration_reference(in_cluster(table)).splitlines():
        cells = [cell.strip() for cell in _CELLS.split(line)[1:-1]]
        if len(cells) == len(COLUMNS) and cells[0].startswith("`"):
            found.append(dict(zip(COLUMNS, cells, strict=True)))
    return found


def row(table: Table, name: str) -> dict[str, str]:
    return next(each for each in rows(table) if each["Variable"] == f"`{name}`")


def test_every_variable_of_every_service_has_a_row(any_table: Table) -> None:
    """Also those that devkit makes; nothing that a service gets is missing."""
    told = {
        (name, each["Variable"].strip("`"))
        for each in rows(any_table)
        for name in each["Service"].split(", ")
    }
    for service in any_table.services.values():
        wanted = {*in_cluster(any_table).of(service), *secret_names(any_table, service)}
        assert {(service.name, name) for name in wanted} <= told


def test_every_row_is_whole(any_table: Table) -> None:
    for each in rows(any_table):
        assert all(each[column] for column in COLUMNS if column != "Service"), each
        sensitive = each["Sensitive"] == "yes"
        name = each["Variable"].strip("`")
        assert sensitive is (name in any_table.secrets or name in connections(any_table)), name
        assert each["Place"].startswith("Secret " if sensitive else ("ConfigMap ", "each Deployment")), name


def test_staging_has_no_debugger_to_wait_for(table: Table) -> None:
    found = row(table, "BREAKPOINT_SECONDS")
    assert (found["Default (development)"], found["Staging"]) == ("`3600`", "`0`")


def test_a_value_for_debuggers_is_never_stagings(table: Table) -> None:
    """Also where the table does not say what staging's is."""
    silent = replace(table.config["BREAKPOINT_SECONDS"], staging=None)
    changed = replace(table, config={**table.config, "BREAKPOINT_SECONDS": silent})
    assert row(changed, "BREAKPOINT_SECONDS")["Staging"] == "`0`"


def test_what_only_who_deploys_knows_is_set_by_hand(table: Table) -> None:
    assert row(table, "SIMPLYPRINT_COMPANY_ID")["Staging"] == "set by hand"
    assert "${" not in configuration_reference(in_cluster(table))
