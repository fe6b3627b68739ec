"""Changes one place of a module at a time and runs its tests: a change that they do not notice survives.

In an environment that has requirements/all.txt and cosmic-ray, whose operators make the changes:
`python -m tests.mutants [CONCERN …]`. docs/mutants.md lists the survivors that are known; any other is a failure.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import OPERATOR_PROVIDERS

from tests.mutants.concerns import CONCERNS, Concern
from tests.mutants.operators import LeaveOut, OtherText

ROOT = Path(__file__).parents[2]
KNOWN = ROOT / "docs" / "mutants.md"
# Identity of texts is an accident; one other operator is as good as all; variables and keywords need settings.
_LEFT_OUT = re.compile(
    r"ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$|ReplaceComparisonOperator_(Is|IsNot)_(?!Is)"
    r"|ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Add|Div_Mul|FloorDiv_Mul|Mod_Add|BitOr_BitAnd|BitAnd_BitOr|RShift_LShift)$)"
    r"|ReplaceUnaryOperator_(?!Delete)|NoOp|Variable"
)
# Imported once, so that each run of tests costs only what may have changed.
_EARLY = ("cryptography.hazmat.primitives.hmac", "gidgethub.sansio", "hypothesis", "jsonschema", "packaging.requirements", "psutil",
          "psycopg", "rich.console", "sqlalchemy", "standardwebhooks", "stripe", "svix.webhooks", "typer", "yaml")  # fmt: skip
_started = count(int(time.time()) - 10**6)


class Mutant(NamedTuple):
    """A module with one place changed. `row` is what the documentation's table says of it."""

    path: str
    line: int
    row: str
    code: str


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """Every mutant of a module whose code, annotations, `__all__` and `frozen` aside, is another than the module's and any before."""
    code = (root / path).read_text()
    seen = {_meaning(code)}
    core = OPERATOR_PROVIDERS["core"]
    for operator in (*(core[name]() for name in core if not _LEFT_OUT.search(name)), LeaveOut(), OtherText()):
        for number in count():
            try:
                changed = mutate_code(code, operator, number)
            except AttributeError:  # cosmic-ray takes `except yaml.YAMLError` for a plain name
                continue
            if changed is None:
                break
            with contextlib.suppress(SyntaxError):
                if (meaning := _meaning(changed)) not in seen:
                    seen.add(meaning)
                    yield _mutant(path, code, changed)


def _mutant(path: str, code: str, changed: str) -> Mutant:
    old, new = code.splitlines(), changed.splitlines()
    parts = [
        part for part in difflib.SequenceMatcher(None, old, new, False).get_opcodes() if part[0] != "equal"
    ]
    before, after = (
        " ".join(line.strip() for part in parts for line in lines[part[low] : part[low + 1]]).replace(
            "|", r"\|"
        )
        for lines, low in ((old, 1), (new, 3))
    )
    return Mutant(
        path, parts[0][1] + 1, f"| {path.removeprefix('tools/devkit/')} | `{before}` | `{after}` |", changed
    )


def _meaning(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__") or (
            isinstance(node, ast.keyword) and node.arg == "frozen"
        ):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def survives(root: Path, tests: tuple[str, ...], seconds: float) -> bool:
    """Whether the tests pass in the copy of the repository. What hangs does not."""
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.chdir(root)
            for number in (1, 2):
                os.dup2(output.fileno(), number)
            sys.path[0] = str(root)
            for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
                del sys.modules[name]
            os._exit(
                pytest.main(
                    ["-x", "-q", "-p", "no:cacheprovider", "-m", "not images and not cluster", *tests]
                )
            )
        end = time.monotonic() + seconds
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return False
            time.sleep(0.01)
        if (code := os.waitstatus_to_exitcode(ended[1])) in (4, 5):
            output.seek(0)
            raise SystemExit(output.read().decode())
        return code == 0


def examine(root: Path, name: str, concern: Concern, only: str) -> list[Mutant]:
    """Tests every mutant of a concern, or those whose row stands in `only`; the survivors."""
    start = time.monotonic()
    if not survives(root, concern.tests, 600):
        raise SystemExit(f"{name}: the tests fail without any change")
    seconds = 20 + 5 * (time.monotonic() - start)
    total, left = 0, []
    for path in concern.modules(root):
        file = root / path
        original = file.read_bytes()
        for mutant in mutants(root, path):
            if only and mutant.row not in only:
                continue
            total += 1
            file.write_text(mutant.code)
            os.utime(file, (moment := next(_started), moment))  # so that no bytecode of another fits
            if survives(root, concern.tests, seconds):
                left.append(mutant)
                print(f"{mutant.row} line {mutant.line}", flush=True)
        file.write_bytes(original)
    print(
        f"{name}: {total} mutants, {total - len(left)} killed, {time.monotonic() - start:.0f} s", flush=True
    )
    return left


def main() -> int:
    """The exit code: 1 when there is a survivor that the documentation does not list."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("concern", nargs="*", choices=[*CONCERNS, []], default=[])
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="only those whose line, as this prints it, is in FILE"
    )
    options = parser.parse_args()
    only = options.again.read_text() if options.again else ""
    for module in _EARLY:
        importlib.import_module(module)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        root = Path(folder).resolve()
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        subprocess.run(
            ["cp", "-a", "--parents", "-t", root, *filter(None, listed.stdout.decode().split("\0"))],
            cwd=ROOT,
            check=True,
        )
        left = [
            one for name in options.concern or CONCERNS for one in examine(root, name, CONCERNS[name], only)
        ]
    known = KNOWN.read_text()
    return 1 if any(mutant.row not in known for mutant in left) else 0


if __name__ == "__main__":
    sys.exit(main())
