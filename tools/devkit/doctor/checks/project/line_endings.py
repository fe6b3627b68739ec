"""Scripts and the rest of the text have the line ends that git keeps."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.base.files import replace_file
from devkit.checks import Fix, Problem, check, warning
from devkit.doctor.facts.tracked import tracked_files
from devkit.doctor.machine import Machine, observed

_NAMED = 4
_WRONG = ("crlf", "mixed")


@check("project.line-endings", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem when a file that the system itself runs ends its lines with CR LF; for others it is a warning."""
    files = machine.fact(tracked_files)
    wrong = [each for each in files if each.endings in _WRONG and each.kept == "lf"]
    if not wrong:
        return f"{len(files)} files"
    broken = [each for each in wrong if _is_run(machine, each.path)]
    listed = ", ".join(each.path for each in (broken or wrong)[:_NAMED])
    more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    fix = Fix(
        f"perl -pi -e 's/\\r$//' {' '.join(each.path for each in wrong[:_NAMED])}{' …' if more else ''}",
        lambda machine: _fix(machine, [each.path for each in wrong]),
        "nothing but the line ends changes",
    )
    why = _why(machine)
    if broken:
        raise Problem(f"{listed}{more} end lines with CR LF, and cannot be run like that{why}", fix=fix)
    raise warning(f"{listed}{more} end lines with CR LF; git keeps them with LF{why}", fix=fix)


@observed("run by the system")
def _is_run(machine: Machine, path: str) -> bool:
    if path.endswith((".sh", "Dockerfile")):
        return True
    try:
        with (machine.root / path).open("rb") as content:
            return content.read(2) == b"#!"
    except OSError:
        return False


def _why(machine: Machine) -> str:
    try:
        said = machine.ask("git", "config", "core.autocrlf", timeout=2).out.strip()
    except Problem:
        return ""
    return " (git's core.autocrlf is true here: git config core.autocrlf input)" if said == "true" else ""


def _fix(machine: Machine, paths: list[str]) -> None:
    for name in paths:
        path = machine.root / name
        try:
            replace_file(path, path.read_bytes().replace(b"\r\n", b"\n"))
        except OSError as problem:
            raise DevkitError(f"{name}: {problem.strerror}") from None
