"""Libraries of Python modules that a full disk or a power failure has cut off: loaded, they would end the process with a bus
error and no word."""

from __future__ import annotations

import importlib.machinery
import struct
from typing import Any

__all__ = ["is_cut_off", "refuse_cut_off_libraries"]

# Of a 64-bit ELF file: where the table of sections begins (it is the last thing in the file), an entry's size, their number.
_TABLE = struct.Struct("<40xQ10xHH2x")


def is_cut_off(path: str) -> bool:
    """Whether the end of a library is missing, as far as its kind of file tells."""
    with open(path, "rb") as file:  # noqa: PTH123 - called for every library that is loaded
        head = file.read(_TABLE.size)
        size = file.seek(0, 2)
    if len(head) < _TABLE.size:
        return True
    if head[:6] != b"\x7fELF\x02\x01":
        return False
    begin, entry, number = _TABLE.unpack(head)
    return bool(size < begin + entry * number)


def refuse_cut_off_libraries() -> None:
    """From here on, importing one raises ImportError."""
    loader = importlib.machinery.ExtensionFileLoader
    load = loader.create_module

    def create_module(self: Any, spec: Any) -> Any:
        if is_cut_off(self.path):
            raise ImportError(f"the end of {self.path} is missing", name=spec.name, path=self.path)
        return load(self, spec)

    loader.create_module = create_module  # type: ignore[method-assign]
