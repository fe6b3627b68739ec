"""The rules as checks of the one kernel."""

from __future__ import annotations

from functools import partial

from devkit.checks import Check, Problems, Skipped
from devkit.dns.audit import certificates, records, servers
from devkit.dns.audit.rule import Audit, Rule

__all__ = ["CERTIFICATE", "CHECKS", "RULES"]

RULES: dict[str, Rule] = {
    each.name: each for module in (servers, records, certificates) for each in module.RULES
}
"""Every rule by its name."""

CERTIFICATE = "dns.certificate"
"""The check for which addresses are connected to."""


def _run(rule: Rule, audit: Audit) -> str:
    if rule.name != "zone" and not audit.survey.asked_zones():
        raise Skipped("not checked: no zone was found")
    if problems := list(rule.look(audit)):
        raise Problems(problems)
    return rule.seen(audit)


CHECKS: tuple[Check[Audit], ...] = tuple(
    Check(id=f"dns.{rule.name}", about=rule.about, run=partial(_run, rule)) for rule in RULES.values()
)
"""One check a rule."""
