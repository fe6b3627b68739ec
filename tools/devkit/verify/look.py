"""The kernel's runner over a running platform."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devkit.checks import Outcome
from devkit.checks.check import Check
from devkit.checks.runner import run_checks
from devkit.engines.site import Site
from devkit.findings.model import Severity
from devkit.secrets.known import public_values
from devkit.secrets.redact import Redactor
from devkit.verify.model import PlatformCheck

__all__ = ["look"]

_AT_ONCE = 6


def look(site: Site, checks: Sequence[PlatformCheck], on_result: Callable[[Outcome], None]) -> list[Outcome]:
    """The outcomes of the checks, in their order. `on_result` is called for each as it ends."""

    def excused(check: Check[Site]) -> str | None:
        if not isinstance(check, PlatformCheck) or check.service is None:
            return None
        if why := site.off.get(check.service):
            return why
        return "is not deployed" if check.service in site.missing and check.group != "forwards" else None

    return run_checks(
        site,
        checks,
        command="verify",
        on_result=on_result,
        excused=excused,
        clean=Redactor(site.secrets.values(), public_values(site.table)),
        broken=Severity.ERROR,
        at_once=_AT_ONCE,
    )
