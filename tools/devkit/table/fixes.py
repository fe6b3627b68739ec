"""What to do about a value of the wrong shape."""

from __future__ import annotations

import re
from typing import Any

from devkit.table.source_map import Path
from devkit.table.words import as_yaml

__all__ = ["path_fix", "range_fix", "shape_fix", "type_fix"]

_PORTS = ("port", "debug_port")
_EXAMPLES = {
    "resources": "`requests: {cpu: 250m, memory: 256Mi}`",
    "dev_resources": "`limits: {memory: 512Mi}`",
    "requests": "`{cpu: 250m, memory: 256Mi}`",
    "limits": "`{cpu: 500m, memory: 512Mi}`",
    "probes": "`{live: /health/live, ready: /health/ready}`",
    "env": "`NAME: {default: text, about: What it is for.}`",
    "config": "`NAME: {default: text, about: What it is for.}`",
    "secrets": "`NAME: {generate: 32, about: What it is for.}`",
    "webhooks": "`provider: {path: /webhooks/provider, to: service, secret: NAME}`",
}


def type_fix(rule: Any, value: Any) -> str | None:
    """What the writer of a value of another type may have meant; `rule` is the schema's `type`."""
    rules = [rule] if isinstance(rule, str) else rule
    if "string" in rules:
        if isinstance(value, bool | int | float):
            return f'quote it: "{as_yaml(value)}"'
        if isinstance(value, list | dict):
            return "write one line of text, in quotes if it holds brackets or `: `"
    if "array" in rules and isinstance(value, str):
        return f"write [{value}]"
    if "integer" in rules:
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return f"write {int(value)}"
        if isinstance(value, str) and value.isdecimal() and len(value) < 40:
            return f"write {int(value)} {'without quotes' if value.isascii() else 'in plain digits'}"
    return None


def shape_fix(path: Path, rule: Any, schema: Any) -> str | None:
    """How a value at `path` is written, whatever stands there now."""
    if rule == "integer":
        return range_fix(path, None, schema)
    if rule == "object":
        if len(path) == 2 and path[0] == "services":
            return "add `type:` and `port:` below it, indented"
        example = _EXAMPLES.get(str(path[-1])) if path else None
        return f"write it as {example}" if example else None
    return None


def range_fix(path: Path, value: Any, schema: Any) -> str | None:
    """Which numbers are possible at `path`."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None or most is None:
        return None
    if path and path[-1] in _PORTS:
        least = 1024
    if isinstance(value, int) and value < 0 and least <= -value <= most:
        return f"did you mean {-value}?"
    return f"write a number from {least} to {most}"


def path_fix(rule: str, value: Any) -> str | None:
    """The URL path that `value` may have been meant to be, if the pattern `rule` asks for one."""
    if not rule.startswith("^/") or not isinstance(value, str):
        return None
    better = "/" + re.sub(r"\s+", "-", re.split(r"[?#]", value)[0].strip()).lstrip("/")
    return f"did you mean `{better}`?" if better != "/" and re.search(rule, better) else None
