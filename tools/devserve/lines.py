"""What a process writes, as lines."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable, Iterator

__all__ = ["GOES_ON", "LONGEST", "Lines", "read_lines"]

# Characters after which a line is given in pieces: nobody reads on, and memory is not without end.
LONGEST = 1 << 18
# Ends each piece but the last, and begins the next one.
GOES_ON = "[…]"


class Lines:
    """Bytes as they come, UTF-8 or not, to lines without their ends. Nothing is left out.

    >>> lines = Lines()
    >>> list(lines.take(b"one\\ntw")), list(lines.take(b"o\\n")), list(lines.rest())
    (['one'], ['two'], [])
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._pieces = 0

    def take(self, data: bytes) -> Iterator[str]:
        """The lines that `data` completes, and pieces of one that has become too long."""
        *whole, self._begun = (self._begun + self._decoder.decode(data)).split("\n")
        for line in whole:
            yield from self._cut(line)
            yield self._end(self._held)
        yield from self._cut(self._begun)
        self._begun = self._held

    def rest(self) -> Iterator[str]:
        """What was written without a line's end before there was no more."""
        self._begun += self._decoder.decode(b"", final=True)
        if self._begun or self._pieces:
            yield self._end(self._begun)
        self._begun = ""

    def _cut(self, line: str) -> Iterator[str]:
        """All pieces but the last of a line, which is held."""
        while len(line) > LONGEST:
            yield self._prefix() + line[:LONGEST] + GOES_ON
            self._pieces += 1
            line = line[LONGEST:]
        self._held = line

    def _end(self, line: str) -> str:
        whole = self._prefix() + line.rstrip("\r")
        self._pieces = 0
        return whole

    def _prefix(self) -> str:
        return GOES_ON if self._pieces else ""


async def read_lines(stream: asyncio.StreamReader, wrote: Callable[[str], None]) -> None:
    """Reads to the end, whatever becomes of the lines: a process whose pipe is full stands still."""
    lines, lost = Lines(), 0

    def tell(line: str) -> bool:
        try:
            wrote(line)
        except Exception:  # whoever is told of lines
            return False
        return True

    while data := await stream.read(1 << 16):
        lost += sum(not tell(line) for line in lines.take(data))
    lost += sum(not tell(line) for line in lines.rest())
    if lost:
        tell(f"devkit: {lost} lines could not be shown")
