"""What `devkit dns audit` finds about names of the world."""

from __future__ import annotations

from devkit.checks import Outcome
from devkit.checks.runner import run_checks
from devkit.dns.audit.checks import CHECKS
from devkit.dns.audit.rule import Audit, Demands
from devkit.dns.model import Server, Survey
from devkit.dns.names import parse_name
from devkit.dns.survey import Questions, collect

from tests.dns.world import RESOLVER

__all__ = ["findings", "judged", "questions", "survey"]

# No server that answers needs as long, however busy the machine is.
_TIMEOUT = 30.0


def questions(port: int, **changes: object) -> Questions:
    """For the world's servers: none but loopback is asked."""
    fields = {
        "resolvers": (Server("", RESOLVER, port),),
        "port": port,
        "timeout": _TIMEOUT,
        "certificates": False,
    }
    return Questions(**{**fields, **changes})  # type: ignore[arg-type]


def survey(port: int, *names: str, **changes: object) -> Survey:
    return collect([parse_name(name) for name in names], questions(port, **changes))


def judged(seen: Survey, **demands: object) -> list[Outcome]:
    return run_checks(Audit(seen, Demands(**demands)), CHECKS, command="dns audit")  # type: ignore[arg-type]


def findings(outcomes: list[Outcome], rule: str) -> list[str]:
    """What a rule found: `place: message`."""
    [outcome] = [each for each in outcomes if each.check.id == f"dns.{rule}"]
    assert all(problem.advice and problem.place for problem in outcome.problems)
    return [f"{problem.place}: {problem.message}" for problem in outcome.problems]
