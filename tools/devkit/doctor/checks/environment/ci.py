"""CI is set only in a CI."""

from __future__ import annotations

from devkit.checks import check, note
from devkit.doctor.machine import Machine

_SERVICES = (
    "GITHUB_ACTIONS",
    "TF_BUILD",
    "GITLAB_CI",
    "JENKINS_URL",
    "CIRCLECI",
    "BUILDKITE",
    "TEAMCITY_VERSION",
    "TRAVIS",
)


@check("environment.ci", __doc__)
def run(machine: Machine) -> str:
    """Raises a note: output has no colour and no progress, and a skipped test fails."""
    if not machine.environ.get("CI"):
        return "not set"
    if known := next((name for name in _SERVICES if machine.environ.get(name)), None):
        return f"running in CI ({known})"
    raise note(
        "CI is set: no colour, no progress on the terminal, and ./devkit test counts a skipped test as failed",
        "unset CI",
    )
