"""Variables that are named without a value, and those of `env_file` and `label_file`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from devkit.compose.dotenv import read_env_file, read_raw_env_file
from devkit.compose.model import Node, Origin, Variable, derived, fail
from devkit.compose.variables import Variables
from devkit.findings.model import Place

__all__ = ["fill_in", "forget_secrets", "load_env_files", "load_label_files", "named_values"]

Shown = Callable[[Path], str]
_VALUE_KEY = "x-#value"  # Compose's own name


def named_values(project: Node, variables: Variables) -> None:
    """Gives `- NAME` in lists, and secrets and configs from variables, their values; in place."""
    for service in _children(project, "services"):
        environment = service.get("environment")
        if environment is not None and isinstance(environment.value, list):
            environment.value[:] = [
                _with_value(item, variables) for item in environment.value if isinstance(item.value, str)
            ]
    for kind, key in (("configs", "content"), ("secrets", _VALUE_KEY)):
        for entry in _children(project, kind):
            name = entry.get("environment")
            if name is not None and isinstance(name.value, str):
                variable = variables.look(name.value)
                if variable.value is not None:
                    entry.mapping[key] = _taken(variable.value, name, variable)


def forget_secrets(project: Node) -> None:
    """Takes the values of secrets out again: they are there only while files are compared with each other."""
    for secret in _children(project, "secrets"):
        secret.mapping.pop(_VALUE_KEY, None)


def _with_value(item: Node, variables: Variables) -> Node:
    variable = variables.look(item.text)
    if variable.value is None:
        return item
    return _taken(f"{item.value}={variable.value}", item, variable)


def _taken(value: str, source: Node, variable: Variable) -> Node:
    return Node(value, replace(source.origin, variables=(*source.origin.variables, variable)), source.key)


def fill_in(node: Node, variables: Variables, *, keep: bool) -> None:
    """The same for both forms. `keep`: names that have no value anywhere stay; else they are left out."""
    if isinstance(node.value, list):
        found = []
        for item in node.value:
            filled = item
            if isinstance(item.value, str) and "=" not in item.value:
                filled = _with_value(item, variables)
                if filled is item and not keep:
                    continue
            found.append(filled)
        node.value = found or None
    elif isinstance(node.value, dict):
        for name, child in list(node.value.items()):
            if child.value is not None:
                continue
            variable = variables.look(name)
            if variable.value is not None:
                node.value[name] = _taken(variable.value, child, variable)
            elif not keep:
                del node.value[name]


def load_env_files(
    service: Node, environment: Node | None, variables: Variables, shown: Shown
) -> Node | None:
    """The service's environment with what its env files add. `environment` is as it is printed: names → texts."""
    own = dict(environment.mapping) if environment else {}
    for name, child in own.items():
        if child.value is None and (variable := variables.look(name)).value is not None:
            own[name] = _taken(str(variable.value), child, variable)
    files = service.get("env_file")
    loaded: dict[str, Variable] = {
        name: Variable(name, str(child.value)) for name, child in own.items() if child.value is not None
    }

    def look(name: str) -> Variable:
        found = variables.look(name)
        if found.value is None and name in own and own[name].value is not None:
            return Variable(name, str(own[name].value), place=own[name].place)
        return found

    for entry in files.items if files is not None and files.value is not None else []:
        loaded = _load(entry, loaded, look, shown)
    result = {
        variable.name: Node(variable.value, Origin(variable.place, variable.text), variable.place)
        for variable in loaded.values()
        if variable.place is not None and variable.name not in own
    }
    result |= own
    return derived(dict(sorted(result.items())), environment or service) if result else None


def _load(
    entry: Node, known: dict[str, Variable], look: Callable[[str], Variable], shown: Shown
) -> dict[str, Variable]:
    path, required, form = entry.get("path"), entry.get("required"), entry.get("format")
    if path is None:
        return known
    file = Path(path.text or ".")
    if not file.exists():
        if required is not None and required.value in (True, "true"):
            message = f"the env file {shown(file)} does not exist"
            fail("no-env-file", message, path.place, "create it, or write `required: false`")
        return known
    kind = form.text if form is not None and form.value else ".env"
    if kind == "raw":
        return known | read_raw_env_file(file, shown(file), look)
    if kind != ".env":
        assert form is not None
        fail(
            "env-file-format",
            f"there is no format `{kind}` of env files",
            form.place,
            "write `raw`, or delete it",
        )
    return read_env_file(file, shown(file), look, known)


def load_label_files(service: Node, labels: Node | None, shown: Shown) -> Node | None:
    """The service's labels with those of its label files."""
    files = service.get("label_file")
    loaded: dict[str, Variable] = {}
    for entry in files.items if files is not None and isinstance(files.value, list) else []:
        file = Path(entry.text)
        if not file.exists():
            fail("no-label-file", f"the label file {shown(file)} does not exist", entry.place, "create it")
        loaded |= read_env_file(file, shown(file), Variables(loaded).look)
    own = dict(labels.mapping) if labels else {}
    result = {
        variable.name: Node(
            variable.value, Origin(variable.place or Place(""), variable.text), variable.place
        )
        for variable in loaded.values()
    }
    result |= own
    return derived(dict(sorted(result.items())), labels or service) if result else None


def _children(project: Node, kind: str) -> list[Node]:
    node = project.get(kind)
    if node is None or not isinstance(node.value, dict):
        return []
    return [child for child in node.value.values() if isinstance(child.value, dict)]
