"""The steps of `devkit test`, each a program that says itself what is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devserve.process import Preparation
from devserve.programs import Programs
from devserve.starting import SPAWN_VARIABLE

from devkit.base.console import print_table, say, styled
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import INSTALLATION, table_file
from devkit.table.load import load_table
from devkit.table.words import closest

__all__ = ["TIERS", "Step", "refuse_missing", "run_suite", "steps"]

# Tests that plain `devkit test` leaves out: the option that runs them → their markers, and the programs they need.
TIERS = {
    "cluster": (("cluster", "images"), ("docker", "kubectl")),
    "compose": (("compose",), ("docker",)),
    "crash": (("faults",), ("toxiproxy-server",)),
    "soak": (("soak",), ()),
}
# Its tests mostly wait for containers; those that share a stack stay together (tests/conftest.py).
_TWO_STACKS = ("-n", "2", "--dist", "loadfile")
# What `--soak` runs besides: the property-based tests, which plain `devkit test` runs with the same few examples each time.
_NEW_EXAMPLES = ("--hypothesis-profile", "soak")
# In CI a test that failed is tried once more, and named in the summary: it is a defect that is to be fixed, but a clock that
# was too tight for a busy machine keeps no other change back. On a developer's machine a failure is a failure.
_ONCE_MORE = ("--reruns", "1", "-raR")
# Tests of what starts services: `--soak` runs them also where these are no forks (as on macOS).
_STARTING = ("tests/devserve", "tests/engines")
_SPAWNED = {SPAWN_VARIABLE: "1"}
# Folders with Python beside those that the table names.
_BEFORE, _AFTER = ("tools",), ("bench", "tests")


@dataclass(frozen=True)
class Step:
    """One step: a command in a folder, or why it cannot run on this machine."""

    name: str
    command: tuple[str, ...]
    folder: Path
    missing: str | None = None
    prepare: Preparation | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def steps(root: Path, paths: tuple[str, ...], tier: str | None = None) -> list[Step]:
    """All steps in order, cheapest first; with a `tier` only its tests."""
    python = (sys.executable, "-E", "-s")
    folders = _Folders.of(root)
    sources = folders.there(root, *_BEFORE, *folders.shared, *folders.services, *_AFTER)
    typed = (*folders.there(root, *_BEFORE, *folders.shared, *_AFTER), *_service_packages(root, folders))
    # Two more than there are processors: tests that wait for a server leave theirs to others.
    workers = str(min((os.cpu_count() or 2) + 2, 6))
    pytest = (sys.executable, "-m", "pytest", *(_ONCE_MORE if os.environ.get("CI") else ()))
    parallel = ("-n", workers, "--dist", "loadfile")
    if tier is not None:
        markers, programs = TIERS[tier]
        examples = _NEW_EXAMPLES if tier == "soak" else ()
        marked = " or ".join(markers)
        marked = f"{marked} or hypothesis" if examples else f"({marked}) and not soak"
        chosen = (*examples, "-m", marked, *(paths or ("tests",)))
        spread = _TWO_STACKS if tier == "compose" else ()
        found = [Step(tier, (*pytest, *spread, *chosen), root, _missing(*programs))]
        starting = paths or folders.there(root, *_STARTING)
        if tier == "soak" and any(path.startswith(_STARTING) for path in starting):
            spawned = (*pytest, *parallel, "-m", "not fork and not soak", *starting)
            found.append(Step("spawn", spawned, root, environment=_SPAWNED))
        return found
    left_out = [f"not {marker}" for markers, _ in TIERS.values() for marker in markers]
    # A file or a test that is named runs whatever its tier; of a folder what is not of one.
    named = bool(paths) and not any((root / path).is_dir() for path in paths)
    plain = paths if named else ("-m", " and ".join(left_out), *(paths or ("tests",)))
    return [
        Step("format", (*python, "-m", "ruff", "format", "--check", "--quiet", *sources), root),
        Step("lint", (*python, "-m", "ruff", "check", "--quiet", *sources), root),
        *(
            [Step("layers", (*python, str(INSTALLATION / "tools" / "imports.py")), root)]
            if (root / _CONTRACTS).is_file()
            else []
        ),
        Step(
            "generate",
            (*python, str(INSTALLATION / "tools"), "--root", str(root), "generate", "--check"),
            root,
        ),
        Step(
            "config",
            (*python, str(INSTALLATION / "tools"), "--root", str(root), "config", "audit"),
            root,
        ),
        *(
            [
                Step(
                    "db",
                    (*python, str(INSTALLATION / "tools"), "--root", str(root), "db", "check"),
                    root,
                )
            ]
            if folders.migrations
            else []
        ),
        Step("types", (*python, str(INSTALLATION / "tools" / "typecheck.py"), *typed), root),
        *_of_services(root),
        Step("tests", (*pytest, *parallel, *plain), root),
    ]


@dataclass(frozen=True)
class _Folders:
    """What the table says of folders: those that services share, those of them that are imported from, the topmost of the
    services' own, where their Python is, and those with migrations. A table with mistakes says nothing."""

    shared: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()

    @classmethod
    def of(cls, root: Path) -> _Folders:
        table, _ = load_table(table_file(root))
        rows = list(table.services.values()) if table else []

        def each(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(names))

        return cls(
            shared=each([*(table.shared if table else ()), *(name for row in rows for name in row.shared)]),
            libraries=each(name for row in rows for name in row.libraries),
            services=each(row.path.split("/")[0] for row in rows if row.path),
            code=each(name for row in rows for name in row.type.sources(row)),
            migrations=each(row.migrations for row in rows if row.migrations),
        )

    def there(self, root: Path, *names: str) -> tuple[str, ...]:
        return tuple(name for name in dict.fromkeys(names) if (root / name).is_dir())


def _missing(*programs: str) -> str | None:
    absent = [name for name in programs if shutil.which(name) is None]
    return ", ".join(absent) or None


_CONTRACTS = ".importlinter"


def run_suite(
    root: Path,
    paths: tuple[str, ...],
    only: tuple[str, ...],
    tier: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Runs the steps (those named in `only`, or just the tests when `paths` are given). Exit code 1 on any failure.

    With a `tier` it runs that alone; `environment` leads to its cluster, where that is not the current one.

    A step whose tool is missing is named; in CI that is a failure.

    Raises DevkitError (exit 2) for a step that there is not.
    """
    every = steps(root, paths, tier)
    names = [step.name for step in every]
    if unknown := set(only) - set(names):
        raise DevkitError(
            f"no step {sorted(unknown)[0]!r}", fix=f"steps: {', '.join(names)}", exit_code=ExitCode.USAGE
        )
    wanted = only or (("tests",) if paths and tier is None else tuple(names))
    handed = _environment(root) | dict(environment or {})
    results = [(step, *_run(step, handed)) for step in every if step.name in wanted]
    say("")
    print_table(
        ("step", "result", "seconds"), [(s.name, result, f"{taken:.0f}") for s, result, taken in results]
    )
    return (
        ExitCode.CHECK_FAILED if any(result.startswith("failed") for _, result, _ in results) else ExitCode.OK
    )


def refuse_missing(root: Path, paths: Sequence[str]) -> None:
    """Raises DevkitError (exit 2) for a path that is not there; pytest under xdist would only say that no tests ran."""
    for before, path in zip(("", *paths), paths, strict=False):
        # What follows an option may be its value.
        if path.startswith("-") or (before.startswith("-") and "=" not in before):
            continue
        file = path.partition("::")[0]
        if not (root / file).exists():
            near = _nearest(root, file)
            raise DevkitError(
                f"no tests at {file}" + (f"; did you mean {near}?" if near else ""),
                fix="paths are relative to the clone's root: ./devkit test tests/table",
                exit_code=ExitCode.USAGE,
            )


def _nearest(root: Path, wanted: str) -> str | None:
    tests = [path.relative_to(root) for path in (root / "tests").rglob("test_*.py")]
    known = {path.as_posix() for path in tests} | {path.parent.as_posix() for path in tests}
    same_name = sorted(path for path in known if Path(path).name == Path(wanted).name)
    return same_name[0] if same_name else closest(wanted, known)


def _run(step: Step, environment: Mapping[str, str]) -> tuple[str, float]:
    say(styled(f"── {step.name}", "bold"))
    if step.missing:
        say(f"not run: needs {step.missing}")
        return ("failed: " if os.environ.get("CI") else "not run: ") + f"needs {step.missing}", 0.0
    started = time.monotonic()
    if step.prepare and not step.prepare.is_done() and (problem := _prepared(step.prepare)):
        say(problem)
        return "failed", time.monotonic() - started
    handed = {**environment, **step.environment}
    done = subprocess.run(step.command, cwd=step.folder, env=handed, stdin=subprocess.DEVNULL)
    return ("ok" if done.returncode == 0 else "failed"), time.monotonic() - started


def _prepared(preparation: Preparation) -> str | None:
    try:
        return preparation.run(Programs(apart=False))
    except OSError as problem:
        return f"{preparation.name} could not be started: {problem}"


def _of_services(root: Path) -> list[Step]:
    """What the types of this repository's services check: a page's own tests, those beside a service's code. A table with
    mistakes has none: the step `generate` tells of them."""
    table, _ = load_table(table_file(root))
    found = [check for s in table.services.values() for check in s.type.checks(s)] if table else []
    return [
        Step(
            check.name,
            check.command,
            root / check.folder,
            _missing(*check.programs) or check.lacks(root),
            check.prepare(root),
        )
        for check in found
        if (root / check.folder).is_dir()
    ]


def _environment(root: Path) -> dict[str, str]:
    """The shell's, without what would lead a test to the developer's own servers."""
    hidden = ("DATABASE_URL", "REDIS_URL", "PYTHONPATH", "DEVKIT_ROOT")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    plain = {} if sys.stdout.isatty() else {"NO_COLOR": "1"}
    folders = _Folders.of(root)
    sources = [str(root / package) for package in _service_packages(root, folders)]
    path = [str(root / name) for name in (*_BEFORE, *folders.libraries)]
    return kept | plain | {"PYTHONPATH": os.pathsep.join(path)} | {"MYPYPATH": os.pathsep.join(sources)}


def _service_packages(root: Path, folders: _Folders) -> tuple[str, ...]:
    """The folders of services in which packages are."""
    return tuple(sorted(code for code in folders.code if any((root / code).glob("*/__init__.py"))))
