"""The mutants of a module: what cosmic-ray changes, statements left out, and texts that programs read."""

from __future__ import annotations

import ast
import contextlib
import difflib
import re
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import OPERATOR_PROVIDERS

__all__ = ["Mutant", "mutants"]

# The identity of texts is an accident, one other arithmetic is as good as all, and variables want settings.
_LEFT_OUT = re.compile(
    r"ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$|ReplaceComparisonOperator_(Is|IsNot)_(?!Is)"
    r"|ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Add|Div_Mul|FloorDiv_Mul|Mod_Add|BitOr_BitAnd|BitAnd_BitOr|RShift_LShift)$)"
    r"|ReplaceUnaryOperator_(?!Delete)|NoOp|Variable"
)

Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]


class Mutant(NamedTuple):
    """A module with one place changed, and that change as the documentation's table lists it."""

    row: str
    line: int
    code: str


def mutants(path: str, code: str) -> Iterator[Mutant]:
    """Every mutant that differs from the module and from those before it in what runs."""
    seen = {_meaning(code)}
    core = OPERATOR_PROVIDERS["core"]
    for operator in (
        *(core[name]() for name in core if not _LEFT_OUT.search(name)),
        _LeaveOut(),
        _OtherText(),
    ):
        for number in count():
            try:
                changed = mutate_code(code, operator, number)
            except AttributeError:  # cosmic-ray takes `except yaml.YAMLError` for a plain name
                continue
            if changed is None:
                break
            with contextlib.suppress(SyntaxError):
                if (meaning := _meaning(changed)) not in seen:
                    seen.add(meaning)
                    yield _mutant(path, code.splitlines(), changed)


def _mutant(path: str, old: list[str], changed: str) -> Mutant:
    new = changed.splitlines()
    parts = [
        part for part in difflib.SequenceMatcher(None, old, new, False).get_opcodes() if part[0] != "equal"
    ]
    before = " ".join(
        word for _, start, end, _, _ in parts for line in old[start:end] for word in line.split()
    )
    after = " ".join(
        word for _, _, _, start, end in parts for line in new[start:end] for word in line.split()
    )
    shown = [
        text.replace("|", r"\|") for text in (path.removeprefix("tools/devkit/"), f"`{before}`", f"`{after}`")
    ]
    return Mutant(f"| {' | '.join(shown)} |", parts[0][1] + 1, changed)


def _meaning(code: str) -> str:
    """What runs: without annotations and `__all__`, and without `frozen`, which mypy holds."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case ast.arg() | ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case ast.FunctionDef():
                node.returns = None
            case ast.Return(value=None):
                node.value = ast.Constant(None)
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.keyword(arg="frozen"):
                node.value = ast.Constant(None)
    return ast.dump(tree)


class _LeaveOut:
    """A call, a `raise`, a `yield` or a stored value becomes `pass`; a `return` returns nothing."""

    def mutation_positions(self, node: Any) -> Positions:
        if _instead(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        return parso.parse(f"{node.get_first_leaf().prefix}{_instead(node)}")


class _OtherText:
    """A text gets a letter more. One with a space is for people to read, and stays."""

    def mutation_positions(self, node: Any) -> Positions:
        if node.type == "string" and node.parent.type != "simple_stmt" and _is_word(node.value):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        quote = 3 if node.value.endswith(('"""', "'''")) else 1
        node.value = f"{node.value[:-quote]}x{node.value[-quote:]}"
        return node


def _instead(node: Any) -> str:
    """What stands there instead; empty for what is not left out."""
    if node.type == "return_stmt":
        return "return" if node.children[1].get_code().strip() != "False" else ""  # nothing is as false
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
