"""What belongs to the repository, and what its code calls it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

from devprobe.definitions import definitions
from devprobe.settings import Settings

__all__ = ["Module", "anywhere", "defaults", "defined", "own_modules", "plain", "written"]

Module = tuple[str, types.ModuleType, str]
"""Name, module and file."""


def plain(qualname: str) -> str:
    """`outer.inner` of `outer.<locals>.inner`."""
    return qualname.replace(".<locals>", "")


def written(attribute: str, kind: type) -> str:
    """An attribute as the code of its class calls it: private names are mangled where they are kept."""
    private = f"_{kind.__name__.lstrip('_')}"
    return attribute.removeprefix(private) if attribute.startswith(f"{private}__") else attribute


def defaults(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """The arguments of a function that have a default, and that."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    yield from zip(positional[len(positional) - len(values) :], values, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def own_modules(settings: Settings) -> list[Module]:
    """Each of the repository's modules that is loaded."""
    return [
        (name, module, str(module.__file__))
        for name, module in sorted(sys.modules.items())
        if isinstance(module, types.ModuleType)
        and getattr(module, "__file__", None)
        and settings.is_code(str(module.__file__))
    ]


def anywhere(modules: list[Module], name: str) -> tuple[str, int] | None:
    """Where any of the repository's modules sets a name such as `state.users`."""
    found = ((file, definitions(file).line(name)) for _, _, file in modules)
    return next(((file, line) for file, line in found if line), None)


def defined(modules: list[Module], module: str, file: str, variable: str) -> tuple[str, int] | None:
    """Where a module's variable is defined, in another module perhaps (line 0: nowhere); None for what it has from others."""
    known = definitions(file)
    if variable.startswith("__") and variable.endswith("__"):
        return None
    if line := known.line(variable) or known.line(f"global {variable}"):
        return file, line
    if known.imported & {variable, "*"}:
        return None
    return anywhere(modules, f"{module.rpartition('.')[2]}.{variable}") or (file, 0)
