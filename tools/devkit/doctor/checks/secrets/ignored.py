"""git neither tracks the secrets nor would add them."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, warning
from devkit.doctor.machine import Machine
from devkit.findings.model import Place
from devkit.secrets.inspect import SHOWN, in_git


@check("secrets.ignored", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem when git has the file, a warning when `git add .` would add it."""
    git = machine.program("git")
    if git is None:
        raise Skipped("git is not on PATH")
    listed = machine.ask(git, "ls-files", "--", SHOWN)
    if listed.code:
        raise Skipped(f"git does not say: {listed.last_line}")
    if listed.out.strip():
        found = Problem.of(in_git())
        found.part = None
        raise found
    ignored = machine.ask(git, "check-ignore", "--quiet", "--no-index", "--", SHOWN).code
    if ignored == 1:
        fix = Fix(f"echo {SHOWN} >> .gitignore", _ignore)
        raise warning("git does not ignore it: `git add .` would add it", fix=fix, place=Place(SHOWN))
    return "ignored"


def _ignore(machine: Machine) -> None:
    path = machine.root / ".gitignore"
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if text and not text.endswith("\n") else "") + SHOWN + "\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise DevkitError(f".gitignore: {problem}") from None
