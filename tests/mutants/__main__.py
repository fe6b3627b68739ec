"""Changes one place of a module at a time and runs its tests: a change that they do not notice survives.

`python -m tests.mutants [CONCERN …]`, in an environment with requirements/all.txt and cosmic-ray, whose operators make
most of the changes. docs/mutants.md lists the survivors that stay, and why; any other is a failure.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import pytest

from tests.mutants.concerns import CONCERNS, Concern
from tests.mutants.made import Mutant, mutants

ROOT = Path(__file__).parents[2]
KNOWN = ROOT / "docs" / "mutants.md"
# Imported once, so that each run of tests costs only what may have changed.
_EARLY = (
    "cryptography.hazmat.primitives.hmac", "gidgethub.sansio", "hypothesis", "jsonschema", "packaging.requirements", "psutil",
    "psycopg", "rich.console", "sqlalchemy", "standardwebhooks", "stripe", "svix.webhooks", "typer", "yaml",
)  # fmt: skip
_WITHOUT = "not images and not cluster"
_moments = count(int(time.time()) - 10**6)


def complaint(root: Path, tests: tuple[str, ...], seconds: float) -> str:
    """What the tests of the copy in `root` say; empty when they pass. Longer than `seconds` they do not take."""
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            _test(root, tests, output.fileno())
        end = time.monotonic() + seconds
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return "they hang"
            time.sleep(0.01)
        output.seek(0)
        return f"{ended[1]}: {output.read().decode(errors='replace')}" if ended[1] else ""


def _test(root: Path, tests: tuple[str, ...], output: int) -> None:
    """In a process of its own, which has imported nothing of this repository but this program."""
    os.setsid()
    os.chdir(root)
    for number in (1, 2):
        os.dup2(output, number)
    sys.path[0] = str(root)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", _WITHOUT, *tests]))


def examine(root: Path, name: str, concern: Concern, only: str) -> list[Mutant]:
    """Tests every mutant of a concern, or those whose row stands in `only`; the survivors."""
    start = time.monotonic()
    if said := complaint(root, concern.tests, 600):
        raise SystemExit(f"{name}: the tests fail without any change, with {said}")
    seconds = 20 + 5 * (time.monotonic() - start)
    total, left = 0, []
    for path in concern.modules(root):
        file = root / path
        original = file.read_text()
        for mutant in mutants(path, original):
            if only and mutant.row not in only:
                continue
            total += 1
            _put(file, mutant.code)
            if not complaint(root, concern.tests, seconds):
                left.append(mutant)
                print(f"{mutant.row} line {mutant.line}", flush=True)
        _put(file, original)
    took = time.monotonic() - start
    print(f"{name}: {total} mutants, {total - len(left)} killed, {took:.0f} s", flush=True)
    return left


def _put(file: Path, code: str) -> None:
    """With a time that no other content had, so that no bytecode of another fits."""
    file.write_text(code)
    moment = next(_moments)
    os.utime(file, (moment, moment))


def main() -> int:
    """The exit code: 1 when there is a survivor that the documentation does not list."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", epilog="docs/mutants.md says more")
    parser.add_argument("concern", nargs="*", help=f"{', '.join(CONCERNS)}; none: all")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only those whose row is in FILE")
    options = parser.parse_args()
    if unknown := set(options.concern) - set(CONCERNS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(CONCERNS)}")
    only = options.again.read_text() if options.again else ""
    for module in _EARLY:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        root = Path(folder).resolve()
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        files = [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]
        subprocess.run(["cp", "-a", "--parents", "-t", root, *files], cwd=ROOT, check=True)
        left = [
            mutant
            for name in options.concern or CONCERNS
            for mutant in examine(root, name, CONCERNS[name], only)
        ]
    known = KNOWN.read_text()
    new = [mutant for mutant in left if mutant.row not in known]
    for mutant in new:
        print(f"not in docs/mutants.md: {mutant.row}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
