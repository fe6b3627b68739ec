"""What a statement of SQL writes, by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["begins_transaction", "called", "ends_transaction", "written"]

_NAME = r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?'
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITES = re.compile(
    rf"\b(insert\s+into|update(?!\s+(?:set|skip|nowait|of)\b)|delete\s+from|merge\s+into)\s+(?:only\s+)?({_NAME})",
    re.IGNORECASE,
)
_LOCKS = re.compile(
    r"\bfor\s+(?:no\s+key\s+)?update\b|\bon\s+conflict\b.*?\bdo\s+update\b", re.IGNORECASE | re.DOTALL
)
_CALLS = re.compile(rf"(?<![\w\".])({_NAME})\s*\(", re.IGNORECASE)
_BEGINS = re.compile(r"\s*(begin|start\s+transaction)\b", re.IGNORECASE)
_ENDS = re.compile(r"\s*(commit|end)\b", re.IGNORECASE)


def written(statement: str) -> str:
    """`insert orders.orders`; of several tables with commas; empty for what writes nothing by itself."""
    text = _LOCKS.sub(" ", _COMMENT.sub(" ", statement))
    found = [
        f"{match[1].split()[0].lower()} {match[2].replace(chr(34), '')}" for match in _WRITES.finditer(text)
    ]
    return ", ".join(dict.fromkeys(found))


def called(statement: str, functions: Mapping[str, str]) -> str:
    """The functions of the platform's own that it calls, as `call name`. `functions`: the name as it may be written → as it
    is told."""
    names = (match[1].replace('"', "").lower() for match in _CALLS.finditer(_COMMENT.sub(" ", statement)))
    return ", ".join(f"call {name}" for name in dict.fromkeys(functions[n] for n in names if n in functions))


def begins_transaction(statement: str) -> bool:
    """`BEGIN`."""
    return bool(_BEGINS.match(statement))


def ends_transaction(statements: Iterable[str]) -> bool:
    """Whether one of them is `COMMIT`."""
    return any(_ENDS.match(statement) for statement in statements)
