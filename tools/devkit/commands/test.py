"""`devkit test`: everything that proves the project."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from devkit.base.paths import project_root
from devkit.suite import refuse_missing, run_suite


class Where(StrEnum):
    """Which cluster `--cluster` uses."""

    CURRENT = "current"
    KIND = "kind"


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="Only these tests (pytest's paths and options). From a folder, only those that need no option below.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these steps: format, lint, types, layers, generate, config, tests, or a service with its own checks (web)."
        ),
    ] = None,
    cluster: Annotated[
        Where | None,
        typer.Option(
            help="Run the tests of images and of the platform on a local Kubernetes instead: on the current context, or on a kind cluster created for them."
        ),
    ] = None,
    compose: Annotated[
        bool,
        typer.Option(
            "--compose",
            help="Run the tests that compare with the real Docker Compose, and those of staging's stack, instead. Needs docker and its plugin compose.",
        ),
    ] = False,
    crash: Annotated[
        bool,
        typer.Option(
            "--crash",
            help="Run the tests of faults instead: stores that are slow, hang or are gone, names, clock and disk; hundreds of odd machines and requests; versions side by side. Needs toxiproxy-server.",
        ),
    ] = False,
    soak: Annotated[
        bool,
        typer.Option(
            "--soak",
            help="Run the tests that take many minutes instead: 10,000 deliveries, every property-based test with new random examples, twenty times as many, and the local engine's with services that are no forks, as on macOS (--only spawn).",
        ),
    ] = False,
) -> int:
    """Format, lint, types, layers, generated files, configuration, the services' own checks, then all tests against real servers. Exit 1 on a failure."""
    root, chosen = project_root(), tuple(paths or ())
    refuse_missing(root, chosen)  # before a cluster is made for them
    if tier := "soak" if soak else "crash" if crash else "compose" if compose else None:
        return run_suite(root, chosen, tuple(only or ()), tier)
    if cluster is None:
        return run_suite(root, chosen, tuple(only or ()))
    if cluster is Where.CURRENT:
        return run_suite(root, chosen, (), "cluster")
    from devkit.kind import kind_cluster

    with kind_cluster() as environment:
        return run_suite(root, chosen, (), "cluster", environment)
