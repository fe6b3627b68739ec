"""A parametric Gridfinity-like baseplate as a watertight triangle mesh in binary STL.

Each 42 mm cell is a frame around an opening whose profile takes a Gridfinity foot: from the top a 2.15 mm
chamfer, 1.8 mm straight, a 0.7 mm chamfer, then straight down to the bed. Cells share their corners, so the
frames join without a seam. Lengths are millimetres.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CELL_MM", "MAX_HEIGHT_MM", "MIN_HEIGHT_MM", "Plate", "binary_stl", "triangles"]

CELL_MM = 42.0
MIN_HEIGHT_MM = 4.65
MAX_HEIGHT_MM = 50.0

_RIM = 0.25
_CORNER_RADIUS = 4.0
_ARC_STEPS = 4

Point = tuple[float, float, float]
Triangle = tuple[Point, Point, Point]
_Outline = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plate:
    """A baseplate of `columns` by `rows` cells, `height_mm` high (4.65 to 50)."""

    columns: int
    rows: int
    height_mm: float = 5.0

    @property
    def cells(self) -> int:
        """How many grid cells it has."""
        return self.columns * self.rows


def triangles(plate: Plate) -> Iterator[Triangle]:
    """All faces, counter-clockwise seen from outside. Each edge belongs to exactly two of them."""
    cell = list(_cell(plate.height_mm))
    for column in range(plate.columns):
        for row in range(plate.rows):
            dx, dy = column * CELL_MM, row * CELL_MM
            for a, b, c in cell:
                yield _moved(a, dx, dy), _moved(b, dx, dy), _moved(c, dx, dy)
    yield from _outside(plate)


def binary_stl(plate: Plate) -> bytes:
    """The mesh as binary STL: 84 bytes of header, then 50 bytes a triangle."""
    pack = struct.Struct("<12fH").pack
    faces = [pack(*_normal(a, b, c), *a, *b, *c, 0) for a, b, c in triangles(plate)]
    header = f"baseplate {plate.columns}x{plate.rows}".encode().ljust(80)
    return header + struct.pack("<I", len(faces)) + b"".join(faces)


def _levels(height: float) -> list[tuple[float, float]]:
    """The opening from bottom to top: height, and distance from the cell's edge."""
    bottom, straight = (0.0, 3.1), (height - 4.65, 3.1)
    profile = [(height - 3.95, 2.4), (height - 2.15, 2.4), (height, _RIM)]
    # A straight part thinner than this would collapse in single precision.
    return [bottom, *profile] if straight[0] < 0.01 else [bottom, straight, *profile]


def _outline(inset: float) -> _Outline:
    """The opening at `inset` from the cell's edge, counter-clockwise, corner by corner, corners rounded."""
    radius = max(_CORNER_RADIUS - inset, 0.5)
    low, high = inset + radius, CELL_MM - inset - radius
    points: _Outline = []
    for index, (x, y) in enumerate([(low, low), (high, low), (high, high), (low, high)]):
        for step in range(_ARC_STEPS + 1):
            angle = math.pi * (1 + index / 2 + step / (2 * _ARC_STEPS))
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return points


def _cell(height: float) -> Iterator[Triangle]:
    levels = [(z, _outline(inset)) for z, inset in _levels(height)]
    yield from _frame(*levels[-1], up=True)
    yield from _frame(*levels[0], up=False)
    for (low, below), (high, above) in itertools.pairwise(levels):
        for i in range(len(below)):
            j = (i + 1) % len(below)
            a, b = (*below[i], low), (*below[j], low)
            c, d = (*above[j], high), (*above[i], high)
            # The solid lies outside the opening, so these faces look inwards.
            yield a, c, b
            yield a, d, c


def _frame(z: float, opening: _Outline, up: bool) -> Iterator[Triangle]:
    """The flat ring between a cell's square and its opening."""
    square = [(0.0, 0.0, z), (CELL_MM, 0.0, z), (CELL_MM, CELL_MM, z), (0.0, CELL_MM, z)]
    inner = [(x, y, z) for x, y in opening]
    per_corner = _ARC_STEPS + 1
    for corner in range(4):
        arc = inner[corner * per_corner : (corner + 1) * per_corner]
        here, after = square[corner], square[(corner + 1) % 4]
        following = inner[(corner + 1) * per_corner % len(inner)]
        faces = [(here, second, first) for first, second in itertools.pairwise(arc)]
        faces += [(here, after, following), (here, following, arc[-1])]
        for a, b, c in faces:
            yield (a, b, c) if up else (a, c, b)


def _outside(plate: Plate) -> Iterator[Triangle]:
    """The four outer walls, one quad a cell, so that they share the frames' edges."""
    width, depth, high = plate.columns * CELL_MM, plate.rows * CELL_MM, plate.height_mm
    for column in range(plate.columns):
        left, right = column * CELL_MM, (column + 1) * CELL_MM
        yield from _wall((left, 0.0), (right, 0.0), high)
        yield from _wall((right, depth), (left, depth), high)
    for row in range(plate.rows):
        near, far = row * CELL_MM, (row + 1) * CELL_MM
        yield from _wall((width, near), (width, far), high)
        yield from _wall((0.0, far), (0.0, near), high)


def _wall(start: tuple[float, float], end: tuple[float, float], high: float) -> Iterator[Triangle]:
    a, b = (*start, 0.0), (*end, 0.0)
    c, d = (*end, high), (*start, high)
    yield a, b, c
    yield a, c, d


def _moved(point: Point, dx: float, dy: float) -> Point:
    return point[0] + dx, point[1] + dy, point[2]


def _normal(a: Point, b: Point, c: Point) -> Point:
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = math.sqrt(x * x + y * y + z * z) or 1.0
    return x / length, y / length, z / length
