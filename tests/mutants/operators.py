"""What cosmic-ray does not change by itself: statements left out, and texts that programs read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import parso

__all__ = ["LeaveOut", "OtherText"]

Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]


class LeaveOut:
    """A call, a `raise`, a `yield` or a stored value becomes `pass`; a `return` returns nothing."""

    def mutation_positions(self, node: Any) -> Positions:
        """Where there is one."""
        if _instead(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        """The other statement, where the first one was."""
        indent = node.get_first_leaf().prefix
        return parso.parse(f"{indent}{_instead(node)}")


class OtherText:
    """A text gets a sign more. One with a space is for people to read, and stays."""

    def mutation_positions(self, node: Any) -> Positions:
        """Where there is one."""
        if node.type == "string" and node.parent.type != "simple_stmt" and _is_word(node.value):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        """The text, with a sign more before its closing quote."""
        quote = 3 if node.value.endswith(('"""', "'''")) else 1
        node.value = f"{node.value[:-quote]}~{node.value[-quote:]}"
        return node


def _instead(node: Any) -> str:
    """What stands there instead; empty for what is not left out."""
    if node.type == "return_stmt":
        return "return"
    if node.parent is None or node.parent.type != "simple_stmt":
        return ""
    if node.type == "expr_stmt":
        stored, sign = node.children[0], node.children[1]
        return "pass" if stored.type == "atom_expr" or (sign.type == "operator" and sign.value != "=") else ""
    called = node.type == "atom_expr" and node.children[-1].type == "trailer"
    return "pass" if called or node.type in ("raise_stmt", "yield_expr") else ""


def _is_word(code: str) -> bool:
    value = ast.literal_eval(code)
    return " " not in (value.decode("latin-1") if isinstance(value, bytes) else value)
