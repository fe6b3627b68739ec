"""Variables in the values of a file, and switches and numbers written as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from devkit.compose.model import Node, Path, Variable, fail, problem
from devkit.compose.patterns import ITEM, Patterns, dotted
from devkit.compose.template import Missing, Unclear, Use, substitute
from devkit.findings.model import Finding, Severity

__all__ = ["interpolate", "to_decimal", "to_integer", "to_switch"]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_DIGITS = "[0-9](?:_?[0-9])*"
_DECIMAL = re.compile(rf"[-+]?({_DIGITS}(\.({_DIGITS})?)?|\.{_DIGITS})([eE][-+]?{_DIGITS})?")
_HEXADECIMAL = re.compile(r"[-+]?0[xX]([0-9a-fA-F]+(\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)[pP][-+]?[0-9]+")
_TRUE, _FALSE = ("true", "y", "yes", "on"), ("false", "n", "no", "off")
_LARGEST = 2**63


def to_switch(node: Node) -> bool:
    """Text as a switch. Raises ComposeError for anything but true, yes, on, y and their opposites."""
    word = node.text.lower()
    if word not in _TRUE + _FALSE:
        fail("not-a-switch", f"`{node.value}` is neither true nor false", node.place, "write true or false")
    return word in _TRUE


def to_integer(node: Node) -> int:
    """Text as a whole number. Raises ComposeError."""
    if not _INTEGER.fullmatch(node.text) or not -_LARGEST <= int(node.text) < _LARGEST:
        fail("not-a-number", f"`{node.value}` is no whole number", node.place, "write it in digits")
    return int(node.text)


def to_decimal(node: Node) -> float:
    """Text as a number. Raises ComposeError."""
    if _HEXADECIMAL.fullmatch(node.text):
        return float.fromhex(node.text)
    if not _DECIMAL.fullmatch(node.text):
        fail("not-a-number", f"`{node.value}` is no number", node.place, "write it in digits")
    return float(node.text)


_SERVICE_CASTS: dict[str, Callable[[Node], int | float | bool]] = {
    "cpu_count": to_integer, "cpu_percent": to_decimal, "cpu_period": to_integer, "cpu_quota": to_integer,
    "cpu_rt_period": to_integer, "cpu_rt_runtime": to_integer, "cpus": to_decimal, "cpu_shares": to_integer,
    "init": to_switch, "oom_kill_disable": to_switch, "oom_score_adj": to_integer, "pids_limit": to_integer,
    "privileged": to_switch, "read_only": to_switch, "scale": to_integer, "stdin_open": to_switch, "tty": to_switch,
    "deploy.replicas": to_integer, "deploy.update_config.parallelism": to_integer,
    "deploy.update_config.max_failure_ratio": to_decimal, "deploy.rollback_config.parallelism": to_integer,
    "deploy.rollback_config.max_failure_ratio": to_decimal, "deploy.restart_policy.max_attempts": to_integer,
    "deploy.placement.max_replicas_per_node": to_integer, "healthcheck.retries": to_integer,
    "healthcheck.disable": to_switch, "ports.[].target": to_integer, "ulimits.*": to_integer,
    "ulimits.*.hard": to_integer, "ulimits.*.soft": to_integer, "volumes.[].read_only": to_switch,
    "volumes.[].volume.nocopy": to_switch,
}  # fmt: skip
_CASTS = Patterns.of(
    {f"services.*.{name}": cast for name, cast in _SERVICE_CASTS.items()}
    | {f"{kind}.*.external": to_switch for kind in ("networks", "volumes", "secrets", "configs")}
    | {f"networks.*.{name}": to_switch for name in ("internal", "attachable", "enable_ipv4", "enable_ipv6")}
)


def interpolate(
    node: Node,
    lookup: Callable[[str], Variable],
    warnings: list[Finding],
    path: Path = (),
    casts: bool = True,
) -> None:
    """Replaces the variables in all text at and below `node`, in place. What has no value is blank, with a warning.

    Raises ComposeError for a required variable without a value, a `${` that begins none, and text where a number belongs.
    """
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            interpolate(child, lookup, warnings, (*path, name))
    elif isinstance(node.value, list):
        for child in node.value:
            interpolate(child, lookup, warnings, (*path, ITEM))
    elif type(node.value) is str:
        _interpolate_text(node, lookup, warnings, path)
        if casts and (cast := _CASTS.match(path)) is not None:
            node.value = cast(node)


def _interpolate_text(
    node: Node, lookup: Callable[[str], Variable], warnings: list[Finding], path: Path
) -> None:
    use = Use()
    try:
        node.value = substitute(node.text, lookup, use)
    except Missing as failure:
        reason = f": {failure.reason}" if failure.reason else ""
        message = f"the variable {failure.name} has no value, and {dotted(path)} requires it{reason}"
        fail("missing-variable", message, node.place, f"set {failure.name} in the environment or in .env")
    except Unclear:
        message = f"`{node.value}` has a `$` that begins no variable"
        fail("bad-variable", message, node.place, "write ${NAME} for a variable, $$ for a dollar sign")
    if use.variables:
        node.origin = replace(node.origin, variables=tuple(use.variables.values()))
    for name in use.blank:
        message = f"the variable {name} has no value; {dotted(path)} is read with nothing in its place"
        fix = f"set {name} in the environment or in .env, or write ${{{name}:-default}}"
        warnings.append(problem("blank-variable", message, node.place, fix, Severity.WARNING))
