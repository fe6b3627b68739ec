"""Flows: the repository's own checks in dev/verify/, each driven through a private instance."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.checks import Problem, Skipped
from devkit.engines.site import Site
from devkit.verify.model import PlatformCheck
from devkit.verify.project import FOLDER, project_checks

__all__ = ["Flow", "chosen_flows"]


@dataclass(frozen=True)
class Flow:
    """`name` is its file's."""

    name: str
    about: str
    check: PlatformCheck

    def drive(self, site: Site) -> str | None:
        """Runs it. What went wrong, None when nothing did."""
        try:
            self.check.run(site)
        except (Problem, Skipped) as problem:
            return str(problem)
        except DevkitError as problem:
            return problem.message
        except Exception as problem:  # the flow is the repository's own code
            return f"{problem} ({type(problem).__name__})"
        return None


def chosen_flows(root: Path, names: Sequence[str]) -> list[Flow]:
    """The flows of these names, or all. Raises DevkitError (exit 2) for an unknown one, or when there is none at all."""
    known = {check.id: Flow(check.id, check.about, check) for check in project_checks(root, ())}
    if not known:
        raise DevkitError(
            f"there is no flow in {FOLDER}/",
            fix=f"write one: {FOLDER}/order.py with check(platform) (docs/verify.md)",
            exit_code=ExitCode.USAGE,
        )
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise DevkitError(
                f"no flow {name!r} in {FOLDER}/" + (f"; did you mean {near[0]!r}?" if near else ""),
                fix=f"there are {', '.join(known)}",
                exit_code=ExitCode.USAGE,
            )
    return [flow for flow in known.values() if not names or flow.name in names]
