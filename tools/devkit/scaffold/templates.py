"""Files of a new service, out of a folder of templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import Scaffold, ServiceType

__all__ = ["TEMPLATES", "rendered", "scaffold_of"]

# A repository's own templates, by type; they replace devkit's.
TEMPLATES = "dev/templates"
_ROW = "row.yaml"


def scaffold_of(root: Path, kind: ServiceType) -> Scaffold:
    """The repository's templates of a type (dev/templates/<type>/, its row.yaml holding the row's keys), else devkit's.

    Raises DevkitError (exit 2) when there are none.
    """
    folder = root / TEMPLATES / kind.name
    if not folder.is_dir():
        if kind.scaffold is not None:
            return kind.scaffold
        raise DevkitError(
            f"devkit has no templates for a service of type {kind.name}",
            fix=f"write its row into dev/services.yaml, or put templates into {TEMPLATES}/{kind.name}/ (docs/services.md)",
            exit_code=ExitCode.USAGE,
        )
    row = folder / _ROW
    given: Any = yaml.safe_load(row.read_text("utf-8")) if row.is_file() else {}
    if not isinstance(given, dict):
        raise DevkitError(
            f"{TEMPLATES}/{kind.name}/{_ROW} is not a mapping", fix="write keys of a row, `needs: [postgres]`",
            exit_code=ExitCode.USAGE,
        )  # fmt: skip
    code = str(given.pop("code", "apps/__name__"))
    return Scaffold(files=folder, row=given, code=code, debug="debug_port" in kind.keys.takes)


def rendered(folder: Path, values: Mapping[str, object]) -> dict[str, bytes]:
    """The files by their path in the clone. A name that ends in `.j2` is a Jinja template, `__name__` in a path the
    service's name, `__module__` its module's.

    Raises DevkitError (exit 2) for a template that cannot be filled.
    """
    from jinja2 import Environment, StrictUndefined, TemplateError

    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if not path.is_file() or relative == _ROW or "__pycache__" in path.parts:
            continue
        target = named(relative, values)
        content = path.read_bytes()
        if target.endswith(".j2"):
            target = target.removesuffix(".j2")
            try:
                content = environment.from_string(content.decode()).render(values).encode()
            except (TemplateError, UnicodeDecodeError) as problem:
                raise DevkitError(f"{path}: {problem}", exit_code=ExitCode.USAGE) from None
        files[target] = content
    return files


def named(path: str, values: Mapping[str, object]) -> str:
    """A template's path with the service's names in it."""
    return path.replace("__name__", str(values["name"])).replace("__module__", str(values["module"]))
