"""How a command's help speaks: whole sentences in lists, and words of the field for what is to be typed, not Python's types."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["reword"]

_SENTENCE = re.compile(r".*?[.!?](?=\s|$)")
# Numbers with a fraction are seconds, but for these.
_RATES = frozenset({"rate", "speed"})


def reword(command: Any) -> Any:
    """The same command, with its parameters and those of its own commands named as people name them."""
    if not command.short_help and command.help:
        first = " ".join(command.help.partition("\n\n")[0].split())
        found = _SENTENCE.match(first)
        command.short_help = found[0] if found else first
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            _reword_argument(parameter)
        elif parameter.metavar is None and not parameter.is_flag and not parameter.count:
            parameter.metavar = _metavar(parameter, max(parameter.opts, key=len))
    for each in getattr(command, "commands", {}).values():
        reword(each)
    return command


def _reword_argument(argument: Any) -> None:
    """`SERVICE...`, in brackets where it may be left out."""
    name = argument.metavar.strip("[]…") if argument.metavar else _metavar(argument, argument.name)
    usage = (name if argument.required else f"[{name}]") + ("..." if argument.nargs != 1 else "")
    argument.metavar = name
    argument.get_usage_pieces = lambda _ctx: [usage]
    argument.display_type_rich = lambda ctx: None  # noqa: ARG005 - called with its name


def _metavar(parameter: Any, name: str) -> str:
    kind = parameter.type_descriptor
    name = re.split(r"[-_]", name)[-1]
    if kind.is_choice:
        return "|".join(str(getattr(choice, "value", choice)) for choice in kind.choices)
    number = parameter.display_type(None).strip("<>").partition(" ")[0]
    if number == "int" or (number == "float" and name in _RATES):
        return "N"
    return "SECONDS" if number == "float" else name.upper()
