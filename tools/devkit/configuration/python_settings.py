"""Which variables the fields of pydantic-settings' classes are read from."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from devkit.configuration.model import Scan, SettingsClass
from devkit.configuration.python_tree import Tree, last_name
from devkit.findings.model import Place

__all__ = ["find_settings"]

_NO_FIELD = {"ClassVar", "Final", "InitVar"}
_ALIASES = ("validation_alias", "alias", "env")


def find_settings(scan: Scan, tree: Tree) -> None:
    """Notes every class that may be one of settings, and where one is made at run time."""
    for node in tree.nodes:
        if isinstance(node, ast.ClassDef):
            bases = tuple(
                filter(
                    None,
                    (
                        last_name(base.value if isinstance(base, ast.Subscript) else base)
                        for base in node.bases
                    ),
                )
            )
            fields = tuple(_fields(scan.file, node))
            scan.classes.append(SettingsClass(node.name, bases, fields, _prefix(node)))
        elif isinstance(node, ast.Call) and tree.dotted(node.func).rpartition(".")[2] == "create_model":
            base = next((last_name(k.value) for k in node.keywords if k.arg == "__base__"), "")
            if "Settings" in base and any(k.arg is None for k in node.keywords):
                message = "which variables this class of settings reads is only known at run time"
                fix = "write its fields out, or allow it with the reason why their names are known elsewhere"
                scan.suspect(node.lineno, [("dynamic", message, fix)], certain=False)


def _fields(file: str, node: ast.ClassDef) -> Iterator[tuple[str, Place, bool]]:
    """Variable, place, and whether its name is exact: an alias has no prefix."""
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        kind = (
            statement.annotation.value
            if isinstance(statement.annotation, ast.Subscript)
            else statement.annotation
        )
        if name.startswith("_") or name == "model_config" or last_name(kind) in _NO_FIELD:
            continue
        place = Place(file, statement.lineno, 1)
        aliases = list(_aliases(statement))
        for alias in aliases or [name]:
            yield alias.upper(), place, bool(aliases)


def _aliases(statement: ast.AnnAssign) -> Iterator[str]:
    """From `= Field(validation_alias=…)`, and from `Annotated[…, Field(alias=…)]`."""
    for call in (node for part in (statement.value, statement.annotation) if part for node in ast.walk(part)):
        if isinstance(call, ast.Call) and last_name(call.func) == "Field":
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            alias = next((given[key] for key in _ALIASES if key in given), None)
            if isinstance(alias, ast.Call):  # AliasChoices("A", "B"), AliasPath("A", 0)
                yield from (text for argument in alias.args for text in _names(argument))
            elif alias is not None:
                yield from _names(alias)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and node.args:  # an AliasPath among AliasChoices
        node = node.args[0]
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    for element in elements:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            yield element.value


def _prefix(node: ast.ClassDef) -> str | None:
    """`env_prefix` of its `model_config` or its `Config`; None where it says nothing of it."""
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.keyword)
            and inner.arg == "env_prefix"
            and isinstance(inner.value, ast.Constant)
        ):
            return str(inner.value.value).upper()
        if isinstance(inner, ast.Dict):
            for key, value in zip(inner.keys, inner.values, strict=True):
                if (
                    isinstance(key, ast.Constant)
                    and key.value == "env_prefix"
                    and isinstance(value, ast.Constant)
                ):
                    return str(value.value).upper()
        if (
            isinstance(inner, ast.Assign)
            and last_name(inner.targets[0]) == "env_prefix"
            and isinstance(inner.value, ast.Constant)
        ):
            return str(inner.value.value).upper()
    return None
