"""The table's shape, held against its schema (`devkit.table.schema`).

The schema's errors are turned into words and places here; two of its keywords are ours to read,
`patternErrorMessage` and `errorMessage`, which editors show as well.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from devkit.findings.model import Finding, Place
from devkit.table.fixes import path_fix, range_fix, shape_fix, type_fix
from devkit.table.schema import Schema
from devkit.table.source_map import Data, Path, SourceMap, error
from devkit.table.words import (
    KINDS,
    as_yaml,
    closest,
    described,
    first_repeated,
    kind_of,
    label,
    listed,
    shown,
)

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["check_shape", "fits", "prune", "wrong_shape"]


@cache
def _validator() -> type[Validator]:
    # Imported late: most tables have nothing wrong in them.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # To JSON Schema 3000.0 is an integer, and the same as 3000; what is rendered from it differs.
    types = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    checks = {"const": _const, "pattern": _pattern}
    validator: type[Validator] = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, checks, type_checker=types
    )
    return validator


def _const(_: Validator, rule: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if type(instance) is not type(rule) or instance != rule:
        yield ValidationError(f"{rule!r} was expected")


def _pattern(_: Validator, rule: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """As JSON Schema means it: Python's `$` would let a line break pass at the end."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and (not re.search(rule, instance) or instance.endswith("\n")):
        yield ValidationError(f"does not match {rule}")


def fits(data: Data, schema: Schema) -> bool:
    """Whether the whole of it is as the schema says, found out a hundred times as fast as by the validator that can tell
    what is wrong. What JSON Schema takes and we do not (3000.0 for an integer) is left to that one."""
    import jsonschema_rs

    try:
        return not _has_float(data) and jsonschema_rs.Draft202012Validator(dict(schema)).is_valid(data)
    except (ValueError, RecursionError):
        return False


def _has_float(data: Data) -> bool:
    if isinstance(data, dict):
        return any(map(_has_float, data.values()))
    if isinstance(data, list):
        return any(map(_has_float, data))
    return isinstance(data, float)


def check_shape(data: Data, source_map: SourceMap, schema: Schema) -> tuple[list[Finding], list[Path]]:
    """All findings about the shape, and the paths to drop so that the rest can be looked at further."""
    if fits(data, schema):
        return [], []
    return wrong_shape(data, source_map, schema)


def wrong_shape(data: Data, source_map: SourceMap, schema: Schema) -> tuple[list[Finding], list[Path]]:
    """The same, by the validator that can tell what is wrong."""
    findings: dict[Finding, None] = {}
    wrong: list[Path] = []
    for problem in _validator()(schema).iter_errors(data):
        for path, finding in _explain(problem, data, source_map, schema):
            findings[finding] = None
            wrong.append(path)
    return list(findings), wrong


def prune(data: Data, schema: Schema) -> Data:
    """A copy of `data` without whatever does not fit the shape, down to nothing at all."""
    rest = copy.deepcopy(data)
    for _ in range(20):
        wrong = check_shape(rest, SourceMap(""), schema)[1]
        if not wrong:
            return rest
        for path in sorted(set(wrong), key=str, reverse=True):
            if not path:
                return None
            _drop(rest, path)
    return None


def _drop(data: Data, path: Path) -> None:
    for step in path[:-1]:
        if isinstance(data, dict) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return
    if isinstance(data, dict):
        data.pop(str(path[-1]), None)
    elif isinstance(data, list) and isinstance(path[-1], int) and path[-1] < len(data):
        del data[path[-1]]


def _explain(
    problem: ValidationError, data: Data, source_map: SourceMap, whole: Schema
) -> Iterator[tuple[Path, Finding]]:
    """One schema error → what to drop, and what to say."""
    path: Path = tuple(problem.absolute_path)
    keyword = str(problem.validator)
    rule: Any = problem.validator_value
    schema: Any = problem.schema
    instance: Any = problem.instance
    if keyword == "additionalProperties":
        for key in instance.keys() - schema["properties"].keys():
            yield (*path, key), _unknown_key(key, path, instance, schema, source_map, whole)
    elif keyword == "required":
        for key in (key for key in rule if key not in instance):
            message = f"{described(path)} has no `{key}`"
            yield (
                path,
                error(
                    "missing-key",
                    message,
                    source_map.key(*path),
                    f"add `{key}:`{_about(key, schema, path, whole)}",
                ),
            )
    elif keyword == "not":
        yield path, _not_here(path, data, source_map)
    elif problem.parent is None and "propertyNames" in problem.absolute_schema_path:
        key = str(problem.instance)
        inner = (*path, key)
        yield inner, _bad_name(key, keyword, schema, source_map.key(*inner))
    else:
        yield path, _bad_value(path, problem, keyword, rule, schema, source_map)


def _bad_value(
    path: Path, problem: ValidationError, keyword: str, rule: Any, schema: Any, source_map: SourceMap
) -> Finding:
    value, what, place = problem.instance, label(path), source_map.value(*path)
    if keyword == "type":
        wanted = " or ".join(KINDS[kind] for kind in ([rule] if isinstance(rule, str) else rule))
        said = (
            f"must be {wanted}, not {kind_of(value)}"
            if value is not None
            else f"has no value; it must be {wanted}"
        )
        return error(
            "wrong-type", f"{what} {said}", place, type_fix(rule, value) or shape_fix(path, rule, schema)
        )
    if keyword == "const" and path == ("version",):
        fix = f"write {rule}{' without quotes' * isinstance(value, str)}"
        fix = fix if value in (rule, str(rule)) and not isinstance(value, bool) else "update devkit"
        return error("version", f"this devkit reads version {rule}, not {kind_of(value)}", place, fix)
    if keyword in ("const", "enum"):
        allowed = [rule] if keyword == "const" else rule
        if isinstance(value, list | dict):
            wanted = "text" if all(isinstance(word, str) for word in allowed) else as_yaml(allowed[0])
            fix = f"choose among {listed(map(as_yaml, allowed))}"
            return error("wrong-type", f"{what} must be {wanted}, not {kind_of(value)}", place, fix)
        near = closest(str(value), map(str, allowed))
        fix = f"did you mean `{near}`?" if near else f"choose among {listed(map(as_yaml, allowed))}"
        return error("bad-value", f"{what} cannot be {shown(value)}", place, fix)
    if keyword == "pattern":
        said = schema.get("patternErrorMessage", f"it must match {rule}")
        return error("bad-value", f"{what} cannot be {shown(value)}: {said}", place, path_fix(rule, value))
    if keyword == "oneOf":
        return error("one-of", f"{described(path)}: {schema['errorMessage']['oneOf']}", source_map.key(*path))
    if keyword == "uniqueItems":
        return error(
            "bad-value", f"{what} names {first_repeated(value)} twice", place, "delete one of the two"
        )
    sentences = {
        "minimum": f"{what} is {value}; the minimum is {rule}",
        "maximum": f"{what} is {value}; the maximum is {rule}",
        "minLength": f"{what} is empty",
        "maxLength": f"{what} has {len(str(value))} characters; the maximum is {rule}",
        "minProperties": f"{what} is empty",
    }
    message = sentences.get(keyword, f"{what}: {problem.message}")
    possible = range_fix(path, value, schema) if keyword in ("minimum", "maximum") else None
    return error("bad-value", message, place, possible)


def _unknown_key(
    key: str, path: Path, instance: Any, schema: Any, source_map: SourceMap, whole: Schema
) -> Finding:
    known = list(schema["properties"])
    if _is_service(path):
        refused = _refused_by_type(instance.get("type"), whole)
        known = [name for name in known if name not in refused]
    near = closest(key, (name for name in known if name not in instance)) or closest(key, known)
    fix = f"did you mean `{near}`?" if near else f"it takes {listed(known)}" if known else "write {}"
    if path == () and closest(key, known) is None and "type" in (instance.get(key) or {}):
        fix = "is this a service? then indent it below `services:`"
    return error("unknown-key", f"{described(path)} takes no `{key}`", source_map.key(*path, key), fix)


def _not_here(path: Path, data: Data, source_map: SourceMap) -> Finding:
    service: Any = data
    for step in path[:-1]:
        service = service[step]
    message = f"a service of type {service['type']} takes no `{path[-1]}`"
    return error("not-for-this-type", message, source_map.key(*path), "delete it, or change the `type`")


def _bad_name(key: str, keyword: str, schema: Any, place: Place) -> Finding:
    if keyword == "maxLength":
        message = f"the name `{key[:20]}…` has {len(key)} characters; the maximum is {schema['maxLength']}"
        return error("bad-name", message, place, "shorten it")
    better = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    if "A-Z" in schema.get("pattern", ""):
        better = better.replace("-", "_").upper()
    fix = f"`{better}` would do" if re.search(schema.get("pattern", ""), better) else "choose another name"
    return error(
        "bad-name", f"`{key[:80]}`: {schema.get('patternErrorMessage', 'is not a name')}", place, fix
    )


def _is_service(path: Path) -> bool:
    return len(path) == 2 and path[0] == "services"


def _refused_by_type(kind: Any, whole: Schema) -> set[str]:
    """Keys that the schema refuses to services of one type."""
    variants = whole["$defs"]["service"]["allOf"]
    found = (v["then"]["properties"] for v in variants if v["if"]["properties"]["type"]["const"] == kind)
    return set(next(found, {}))


def _about(key: str, schema: Any, path: Path, whole: Schema) -> str:
    """What the schema says a key is for."""
    properties = whole["$defs"]["service"]["properties"] if _is_service(path) else schema["properties"]
    about = properties.get(key, {})
    about = whole["$defs"].get(about.get("$ref", "").removeprefix("#/$defs/"), {}) | about
    said = about.get("description") or about.get("title") or ""
    return f" ({said[0].lower()}{said[1:].rstrip('.')})" if said else ""
