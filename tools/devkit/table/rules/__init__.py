"""What the shape cannot say: one module a theme, one function a rule.

A rule takes the `RuleContext` and yields findings. To add one, write a function and list it in `RULES`.
"""

from devkit.findings.model import Finding
from devkit.table.rules import (
    files,
    images,
    meshes,
    names,
    ports,
    providers,
    references,
    resources,
    secrets,
    shared,
    staging,
    suppressions,
    types,
    variables,
    webhooks,
)
from devkit.table.rules.context import RuleContext

__all__ = ["RuleContext", "check_rules"]

_THEMES = (
    names,
    ports,
    references,
    variables,
    secrets,
    providers,
    webhooks,
    resources,
    images,
    meshes,
    files,
    shared,
    staging,
    types,
    suppressions,
)


def check_rules(context: RuleContext) -> list[Finding]:
    """Every finding of every rule."""
    return [finding for theme in _THEMES for rule in theme.RULES for finding in rule(context)]
