"""`--set`, `--add`, `--remove`: a payload, changed at a path."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, NoReturn

from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.provider import Payload

__all__ = ["add_value", "remove_value", "set_value", "value_at"]

_STEP = re.compile(r"([^.\[\]]+)|\[(\d*)\]")
_EXAMPLES = {
    "--set": "line_items[0].quantity=3",
    "--add": 'tags_seen=true, or line_items[]={"sku": "X"} at the end of a list',
    "--remove": "line_items[1]",
}
_END = -1


def set_value(payload: Payload, assignment: str) -> None:
    """Applies `line_items[0].quantity=3`. The value is JSON where it parses as such, else text.

    Raises DevkitError (exit 2) for a path that the payload does not have.
    """
    path, value = _assignment("--set", assignment)
    steps = _steps("--set", path)
    parent = _walk("--set", payload, path, steps)
    if not _has(parent, steps[-1]):
        _no_such("--set", path, parent, steps[-1])
    parent[steps[-1]] = value


def value_at(payload: Payload, path: str) -> object:
    """What the payload has at a path. Raises DevkitError (exit 2) when it has nothing there."""
    steps = _steps("--set", path)
    parent = _walk("--set", payload, path, steps)
    if not _has(parent, steps[-1]):
        _no_such("--set", path, parent, steps[-1])
    found: object = parent[steps[-1]]
    return found


def add_value(payload: Payload, assignment: str) -> None:
    """Applies `customer.note=new`, a key that is not there yet, or `line_items[]={…}`, at the end of a list.

    Raises DevkitError (exit 2) when there is nothing to add to, or the key is there already.
    """
    path, value = _assignment("--add", assignment)
    steps = _steps("--add", path)
    parent = _walk("--add", payload, path, steps)
    last = steps[-1]
    if last == _END and isinstance(parent, list):
        parent.append(value)
    elif isinstance(last, str) and isinstance(parent, dict):
        if last in parent:
            raise _mistake(f"--add {path}: the payload has {last!r} already", "--set changes it")
        parent[last] = value
    else:
        _no_such("--add", path, parent, last)


def remove_value(payload: Payload, path: str) -> None:
    """Removes a key, or an item of a list. Raises DevkitError (exit 2) when it is not there."""
    steps = _steps("--remove", path)
    parent = _walk("--remove", payload, path, steps)
    if not _has(parent, steps[-1]):
        _no_such("--remove", path, parent, steps[-1])
    del parent[steps[-1]]


def _assignment(option: str, text: str) -> tuple[str, object]:
    path, equals, raw = text.partition("=")
    if not equals:
        raise _mistake(f"{option} {text}: not PATH=VALUE", f"for example {option} {_EXAMPLES[option]}")
    try:
        return path, json.loads(raw)
    except (ValueError, RecursionError):
        return path, raw


def _steps(option: str, path: str) -> list[str | int]:
    steps: list[str | int] = [
        name if name else int(index) if index else _END for name, index in _STEP.findall(path)
    ]
    if not steps or _STEP.sub("", path).strip(".") or _END in steps[:-1]:
        raise _mistake(f"{option} {path}: no path", f"for example {option} {_EXAMPLES[option]}")
    return steps


def _walk(option: str, payload: Payload, path: str, steps: list[str | int]) -> Any:
    target: Any = payload
    for step in steps[:-1]:
        if not _has(target, step):
            _no_such(option, path, target, step)
        target = target[step]
    return target


def _has(target: object, step: str | int) -> bool:
    if isinstance(target, dict):
        return isinstance(step, str) and step in target
    return isinstance(target, list) and isinstance(step, int) and 0 <= step < len(target)


def _no_such(option: str, path: str, target: object, step: str | int) -> NoReturn:
    known = [str(key) for key in target] if isinstance(target, dict) else []
    near = difflib.get_close_matches(str(step), known, 1)
    if near:
        fix = f"did you mean {near[0]!r}?" + (" (--add adds what is not there)" if option == "--set" else "")
    elif isinstance(target, list):
        fix = f"it is a list of {len(target)}; [] is its end, for --add"
    elif known:
        fix = f"there is {', '.join(known[:12])}{' …' if len(known) > 12 else ''}"
    else:
        fix = f"there is {json.dumps(target)[:60]}"
    shown = "[]" if step == _END else repr(step)
    raise _mistake(f"{option} {path}: the payload has no {shown} there", fix)


def _mistake(message: str, fix: str) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
